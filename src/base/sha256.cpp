#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>
#include <utility>

namespace evenscore {
namespace {

// Without the machine's configuration file, which takes longer to read than most files to hash, and whose
// place and modules the environment chooses.
bool start_openssl() {
  static const bool is_started = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  return is_started;
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* state = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(state); }
};

Sha256::Sha256() : context_(start_openssl() ? std::make_unique<Context>() : nullptr) {
  if (!context_ || context_->state == nullptr ||
      EVP_DigestInit_ex(context_->state, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();  // the only way these fail with a hash that is built in
  }
}

Sha256::Sha256(const Sha256& other) : context_(std::make_unique<Context>()) {
  if (context_->state == nullptr || EVP_MD_CTX_copy_ex(context_->state, other.context_->state) != 1) {
    throw std::bad_alloc();
  }
}

Sha256::Sha256(Sha256&&) noexcept = default;

Sha256& Sha256::operator=(Sha256 other) noexcept {
  std::swap(context_, other.context_);
  return *this;
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(context_->state, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text.data(), text.size())));
}

std::string Sha256::hex() const {
  Sha256 copy(*this);
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(copy.context_->state, digest.data(), nullptr);
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

}  // namespace evenscore
