#include "pickle/container.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
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

std::string opened(const std::string& file, const Limits& limits = {}) {
  const Stream stream = open_stream(bytes_of(file), limits);
  EXPECT_EQ(stream.file_bytes, file.size());
  return {reinterpret_cast<const char*>(stream.bytes.data()), stream.bytes.size()};
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
    testing::Values(Signature{"PK\x03\x04"s, Container::zip, ErrorCode::not_a_model, "zip"},
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
    EXPECT_EQ(opened(deflated(kPickle, level)), kPickle) << "level " << level;
  }
}

TEST(PickleContainer, LargeZlibStreamOpensWhole) {
  std::string text = kPickle;
  for (size_t i = 0; i < size_t{9} << 20; ++i) text.push_back(static_cast<char>(i * i >> 7));
  EXPECT_TRUE(opened(deflated(text)) == text);
}

TEST(PickleContainer, CompressedFileThatHoldsNoPickleSaysWhatItHolds) {
  const Error nested = error_opening(deflated(deflated(kPickle)));
  EXPECT_EQ(nested.code(), ErrorCode::not_a_model);
  EXPECT_NE(nested.cause().find("what it holds is a zlib-compressed joblib file"), std::string::npos);
  EXPECT_EQ(error_opening(deflated("ustar archive")).code(), ErrorCode::not_a_model);
  EXPECT_EQ(error_opening(deflated("")).code(), ErrorCode::not_a_model);
}

TEST(PickleContainer, StreamStopsAtTheByteLimit) {
  const std::string text = kPickle + std::string(996, 'a');
  Limits limits;
  limits.stream_bytes = 999;
  EXPECT_EQ(error_opening(deflated(text), limits).code(), ErrorCode::limit_exceeded);
  limits.stream_bytes = 1000;
  EXPECT_EQ(opened(deflated(text), limits), text);
}

TEST(PickleContainer, RatioCountsAboveTheFloorOnly) {
  const std::string text = kPickle + std::string(999'996, 'a');
  const std::string file = deflated(text);
  Limits limits;
  limits.expansion_floor = 999'999;
  limits.expansion_ratio = 1'000'000 / file.size();
  EXPECT_EQ(error_opening(file, limits).code(), ErrorCode::limit_exceeded);
  ++limits.expansion_ratio;
  EXPECT_EQ(opened(file, limits).size(), text.size());
  limits.expansion_ratio = 1;
  limits.expansion_floor = 1'000'000;
  EXPECT_EQ(opened(file, limits).size(), text.size());
}

// --- files that Python wrote: scripts/make_pickle_samples.py containers

const std::filesystem::path kSamples = std::filesystem::path(EVENSCORE_TEST_DATA) / "pickle" / "containers";

std::string sample(const std::string& name) {
  std::ifstream in(kSamples / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Sample {
  std::string name;
  std::string holds;
  Container container;
  bool has_checksum = true;
};

std::string sample_name(const testing::TestParamInfo<Sample>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class PythonContainer : public testing::TestWithParam<Sample> {};

TEST_P(PythonContainer, OpensToWhatPythonSaved) {
  const std::string file = sample(GetParam().name);
  EXPECT_EQ(detect(bytes_of(file)), GetParam().container);
  ASSERT_FALSE(sample(GetParam().holds).empty());
  EXPECT_EQ(opened(file), sample(GetParam().holds));
}

TEST_P(PythonContainer, EveryTruncationIsRefused) {
  const std::string file = sample(GetParam().name);
  const std::string whole = sample(GetParam().holds);
  for (size_t size = 0; size < file.size(); ++size) {
    try {
      // Only a cut between members leaves a file that decompresses, and then all but an empty member is gone.
      const std::string text = opened(file.substr(0, size));
      EXPECT_TRUE(GetParam().name.starts_with("members")) << size << " bytes";
      EXPECT_TRUE(whole.starts_with(text)) << size << " bytes";
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::corrupt_file || error.code() == ErrorCode::not_a_model)
          << size << " bytes: " << error.what();
    }
  }
}

TEST_P(PythonContainer, EveryChangedByteIsRefusedOrChangesNothing) {
  const std::string whole = sample(GetParam().holds);
  std::string file = sample(GetParam().name);
  for (size_t at = 0; at < file.size(); ++at) {
    for (const char flip : {'\x01', '\x20', '\x80', '\xFF'}) {
      file[at] = static_cast<char>(file[at] ^ flip);
      try {
        const std::string text = opened(file);
        EXPECT_TRUE(!GetParam().has_checksum || text == whole) << "byte " << at;
      } catch (const Error& error) {
        EXPECT_NE(exit_status(error.code()), 3) << "byte " << at << ": " << error.what();
      }
      file[at] = static_cast<char>(file[at] ^ flip);
    }
  }
}

TEST_P(PythonContainer, BytesAfterTheEndAreRefused) {
  const std::string file = sample(GetParam().name);
  for (const std::string& tail : {std::string(1, '\0'), "more"s, kPickle, "\x1F"s, std::string(512, '\0')}) {
    const Error error = error_opening(file + tail);
    EXPECT_EQ(error.code(), ErrorCode::corrupt_file) << error.what();
    EXPECT_NE(error.cause().find(std::to_string(tail.size()) + " bytes follow"), std::string::npos)
        << error.what();
    EXPECT_EQ(error.place(), "byte " + std::to_string(file.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Pickle, PythonContainer,
                         testing::Values(Sample{"plain.pkl.zlib", "plain.pkl", Container::zlib},
                                         Sample{"plain.pkl.gz", "plain.pkl", Container::gzip},
                                         Sample{"plain.pkl.bz2", "plain.pkl", Container::bzip2},
                                         Sample{"plain.pkl.xz", "plain.pkl", Container::xz},
                                         Sample{"plain.pkl.lzma", "plain.pkl", Container::lzma, false},
                                         Sample{"plain.pkl.lz4", "plain.pkl", Container::lz4, false},
                                         Sample{"checked.pkl.lz4", "plain.pkl", Container::lz4},
                                         Sample{"members.pkl.gz", "plain.pkl", Container::gzip},
                                         Sample{"members.pkl.bz2", "plain.pkl", Container::bzip2},
                                         Sample{"members.pkl.xz", "plain.pkl", Container::xz},
                                         Sample{"members.pkl.lz4", "plain.pkl", Container::lz4, false},
                                         Sample{"plain.joblib.zlib", "plain.joblib", Container::zlib},
                                         Sample{"plain.joblib.gzip", "plain.joblib", Container::gzip},
                                         Sample{"plain.joblib.bz2", "plain.joblib", Container::bzip2},
                                         Sample{"plain.joblib.xz", "plain.joblib", Container::xz},
                                         Sample{"plain.joblib.lzma", "plain.joblib", Container::lzma, false},
                                         Sample{"plain.joblib.lz4", "plain.joblib", Container::lz4, false}),
                         sample_name);

TEST(PickleContainer, XzThatAsksForMoreMemoryThanAnyPresetIsRefused) {
  // A header of LZMA alone: properties, a dictionary of 1 GiB, unknown size; no file of xz -9 needs that.
  const std::string header = "\x5D\x00\x00\x00\x40"s + std::string(8, '\xFF') + std::string(32, '\0');
  const Error error = error_opening(header);
  EXPECT_EQ(error.code(), ErrorCode::limit_exceeded) << error.what();
  EXPECT_NE(error.remedy().find("decompress the file yourself"), std::string::npos);
}

std::string zfile_of(const std::string& text, const std::string& length) {
  return "ZF" + length + std::string(19 - length.size(), ' ') + deflated(text);
}

TEST(PickleContainer, ZfilesOfJoblib08And09Open) {
  for (const char* name : {"zfile_python2.joblib", "zfile_python3.joblib"}) {
    const std::string file = sample(name);
    EXPECT_EQ(detect(bytes_of(file)), Container::zfile);
    const std::string text = opened(file);
    EXPECT_EQ(text.size(), 0x14aU) << name;
    EXPECT_NE(text.find("some text to compress, some text"), std::string::npos) << name;
  }
}

TEST(PickleContainer, ZfileOpensWhenItsLengthIsRight) {
  EXPECT_EQ(opened(zfile_of(kPickle, "0x4")), kPickle);
  EXPECT_EQ(opened("ZF0x4                 " + deflated(kPickle)), kPickle)
      << "twenty characters, of Python 2";
  for (const std::string length :
       {"0x5", "0x3", "4", "0x", "-0x4", "0xffffffffffffffff", "0x1ffffffffffffffff"}) {
    EXPECT_EQ(error_opening(zfile_of(kPickle, length)).code(), ErrorCode::corrupt_file) << length;
  }
  const std::string whole = zfile_of(kPickle, "0x4");
  for (size_t size = 2; size < whole.size(); ++size) {
    EXPECT_EQ(error_opening(whole.substr(0, size)).code(), ErrorCode::corrupt_file) << size << " bytes";
  }
  EXPECT_EQ(error_opening(whole + "x").code(), ErrorCode::corrupt_file);
}

TEST_F(PickleFile, ReadsWhatItHolds) {
  EXPECT_EQ(read_stream(write("model.pkl", kPickle), {}).bytes.size(), kPickle.size());
  EXPECT_EQ(read_stream(write("model.joblib", deflated(kPickle)), {}).bytes.size(), kPickle.size());
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
  ASSERT_EQ(chmod(write("secret.pkl", kPickle).c_str(), 0), 0);
  // Root may read everything, so a root that runs the tests reads as nobody.
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(chmod(path("").c_str(), 0755), 0);
    ASSERT_EQ(seteuid(65534), 0);
  }
  const ErrorCode code = error_of([&] { read_stream(path("secret.pkl"), {}); }).code();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_EQ(code, ErrorCode::bad_request);
}

TEST_F(PickleFile, FileAboveTheLimitIsNotRead) {
  Limits limits;
  limits.file_bytes = 3;
  EXPECT_EQ(error_of([&] { read_stream(write("large.pkl", kPickle), limits); }).code(),
            ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace evenscore::pickle
