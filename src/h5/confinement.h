#pragma once

#include <span>

namespace evenscore::h5 {

/// Closes every descriptor of this process above 2 but `keep`.
void close_descriptors_but(std::span<const int> keep);

/// From now on this process opens no file and no socket, starts no program and no process, and signals nobody
/// but itself: Landlock where the kernel has it, and a list of allowed system calls where no sanitizer needs
/// others. Works only after PR_SET_NO_NEW_PRIVS. Returns false when a kernel that has one of them refused it.
bool confine();

}  // namespace evenscore::h5
