// usage: fuzz_journal_seeds OUT_FOLDER      journals of no, one and three columns and blocks
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "batch/journal_record.h"

int main(int argc, char** argv) {
  using namespace evenscore;
  try {
    for (const std::size_t count : {0U, 1U, 3U}) {
      JournalHeader header;
      header.fingerprint = {{"arithmetic", "exact"}, {"rows", std::to_string(count)}};
      for (std::size_t i = 0; i < count; ++i)
        header.columns.push_back({"column" + std::to_string(i), 4096 * (i + 1), 8});
      header.rows_digest_offset = 900;
      header.outputs_digest_offset = 1000;
      header.frame = "abc";
      const std::vector<std::byte> head = encode_header(header);
      std::ofstream out(std::filesystem::path(argv[argc - 1]) / std::to_string(count), std::ios::binary);
      const auto write = [&](const std::vector<std::byte>& bytes) {
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      };
      write(head);
      for (std::size_t block = 0; block < count; ++block) {
        JournalRecord record;
        record.columns.resize(count);
        write(encode_record(head, block, record));
      }
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
