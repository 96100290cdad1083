#include "pickle/container.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "evenscore/error.h"
#include "pickle/stream.h"

namespace evenscore::pickle {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string deflated(const std::string& text, int level = 9) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
            text.size(), level);
  out.resize(size);
  return out;
}

template <typename Function>
Error error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {ErrorCode::bad_request, "nothing was thrown"};
}

Error error_opening(const std::string& file, const Limits& limits = {}) {
  return error_of([&] { open_stream(bytes_of(file), limits); });
}

const std::string kPickle = "\x80\x02N."s;

/// A file in a fresh folder that is removed with it.
class PickleFile : public testing::Test {
 protected:
  PickleFile() : folder_(std::filesystem::temp_directory_path() / ("pickle-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~PickleFile() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

struct Signature {
  std::string head;
  Container container;
  ErrorCode code;
  std::string says;
};

class ForeignContainer : public testing::TestWithParam<Signature> {};

TEST_P(ForeignContainer, IsRecognisedAndRefusedByName) {
  const Signature& one = GetParam();
  EXPECT_EQ(detect(bytes_of(one.head)), one.container);
  const Error error = error_opening(one.head + "and more bytes.");
  EXPECT_EQ(error.code(), one.code) << error.what();
  EXPECT_NE(std::string(error.what()).find(one.says), std::string::npos) << error.what();
}

INSTANTIATE_TEST_SUITE_P(
    Pickle, ForeignContainer,
    testing::Values(Signature{"\x1F\x8B\x08"s, Container::gzip, ErrorCode::unsupported, "gunzip"},
                    Signature{"BZh9"s, Container::bzip2, ErrorCode::unsupported, "bunzip2"},
                    Signature{"\xFD\x37zXZ\0"s, Container::xz, ErrorCode::unsupported, "unxz"},
                    Signature{"\x5D\0\0"s, Container::lzma, ErrorCode::unsupported, "lzma"},
                    Signature{"\x04\x22\x4D\x18"s, Container::lz4, ErrorCode::unsupported, "LZ4"},
                    Signature{"ZF0x12"s, Container::zfile, ErrorCode::unsupported, "joblib 0.10"},
                    Signature{"PK\x03\x04"s, Container::zip, ErrorCode::not_a_model, "zip"},
                    Signature{"\x93NUMPY\x01"s, Container::npy, ErrorCode::not_a_model, ".npy"},
                    Signature{"\x89HDF\r\n\x1A\n"s, Container::hdf5, ErrorCode::not_a_model, "HDF5"},
                    Signature{"version https://git-lfs.github.com/spec/v1"s, Container::git_lfs,
                              ErrorCode::not_a_model, "git lfs pull"},
                    Signature{"\xEF\xBF\xBD\x03"s, Container::mangled_text, ErrorCode::not_a_model, "text"},
                    Signature{"<!DOCTYPE html>"s, Container::unknown, ErrorCode::not_a_model, "neither"},
                    Signature{"x is text"s, Container::unknown, ErrorCode::not_a_model, "neither"}));

TEST(PickleContainer, TellsPicklesOfEveryProtocolAndZlib) {
  EXPECT_EQ(detect(bytes_of("\x80\x05"s)), Container::raw_pickle);
  EXPECT_EQ(detect(bytes_of("(lp0\n"s)), Container::early_pickle);
  EXPECT_EQ(detect(bytes_of(deflated("anything"))), Container::zlib);
  EXPECT_EQ(detect({}), Container::empty);
}

TEST(PickleContainer, TextThatOnlyStartsLikeAPickleIsNoModel) {
  EXPECT_EQ(error_opening("class Model:\n    pass\n").code(), ErrorCode::not_a_model);
}

TEST(PickleContainer, EmptyFileIsNoModel) {
  EXPECT_EQ(error_opening("").code(), ErrorCode::not_a_model);
}

TEST(PickleContainer, RawAndZlibStreamsOpenToTheSameBytes) {
  for (const int level : {0, 1, 3, 9}) {
    const std::vector<std::byte> opened = open_stream(bytes_of(deflated(kPickle, level)), {});
    EXPECT_EQ(opened, open_stream(bytes_of(kPickle), {})) << "level " << level;
  }
}

TEST(PickleContainer, LargeZlibStreamOpensWhole) {
  std::string text(3 << 20, 'a');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i >> 7);
  const std::vector<std::byte> opened = open_stream(bytes_of(deflated(text)), {});
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(opened.data()), opened.size()), text);
}

TEST(PickleContainer, EveryTruncatedZlibStreamIsRefused) {
  const std::string whole = deflated("some text to compress, some text to compress");
  for (size_t size = 2; size < whole.size(); ++size) {
    EXPECT_EQ(error_opening(whole.substr(0, size)).code(), ErrorCode::corrupt_file) << size << " bytes";
  }
}

TEST(PickleContainer, BytesAfterTheZlibStreamAreRefused) {
  const Error error = error_opening(deflated(kPickle) + kPickle);
  EXPECT_EQ(error.code(), ErrorCode::corrupt_file);
  EXPECT_NE(std::string(error.what()).find("follow"), std::string::npos);
}

TEST(PickleContainer, DamagedZlibStreamIsRefused) {
  std::string damaged = deflated(std::string(1000, 'a'));
  damaged.back() ^= 1;
  EXPECT_EQ(error_opening(damaged).code(), ErrorCode::corrupt_file);
}

TEST(PickleContainer, ZlibBombStopsAtTheRatio) {
  const std::string bomb = deflated(std::string(size_t{80} << 20, '\0'));
  ASSERT_LT(bomb.size(), 1u << 20);
  EXPECT_EQ(error_opening(bomb).code(), ErrorCode::limit_exceeded);
}

TEST(PickleContainer, ZlibStreamStopsAtTheByteLimit) {
  Limits limits;
  limits.stream_bytes = 999;
  EXPECT_EQ(error_opening(deflated(std::string(1000, 'a')), limits).code(), ErrorCode::limit_exceeded);
  limits.stream_bytes = 1000;
  EXPECT_EQ(open_stream(bytes_of(deflated(std::string(1000, 'a'))), limits).size(), 1000u);
}

TEST_F(PickleFile, ReadsWhatItHolds) {
  EXPECT_EQ(read_stream(write("model.pkl", kPickle), {}).size(), kPickle.size());
  EXPECT_EQ(read_stream(write("model.joblib", deflated(kPickle)), {}).size(), kPickle.size());
}

TEST_F(PickleFile, MissingFileAndDirectoryAreNamed) {
  const Error missing = error_of([&] { read_stream(path("none.pkl"), {}); });
  EXPECT_EQ(missing.code(), ErrorCode::file_missing);
  EXPECT_EQ(missing.file(), path("none.pkl"));
  const Error directory = error_of([&] { read_stream(path("."), {}); });
  EXPECT_EQ(directory.code(), ErrorCode::file_missing);
  EXPECT_NE(directory.cause().find("directory"), std::string::npos);
}

TEST_F(PickleFile, EmptyFileIsNoModelAndNamed) {
  const Error error = error_of([&] { read_stream(write("empty.pkl", ""), {}); });
  EXPECT_EQ(error.code(), ErrorCode::not_a_model);
  EXPECT_EQ(error.file(), path("empty.pkl"));
}

TEST_F(PickleFile, PipeIsRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_stream(path("pipe"), {}); }).code(), ErrorCode::bad_request);
}

TEST_F(PickleFile, UnreadableFileIsABadRequest) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ASSERT_EQ(chmod(write("secret.pkl", kPickle).c_str(), 0), 0);
  EXPECT_EQ(error_of([&] { read_stream(path("secret.pkl"), {}); }).code(), ErrorCode::bad_request);
}

TEST_F(PickleFile, FileAboveTheLimitIsNotRead) {
  Limits limits;
  limits.file_bytes = 3;
  EXPECT_EQ(error_of([&] { read_stream(write("large.pkl", kPickle), limits); }).code(),
            ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace evenscore::pickle
