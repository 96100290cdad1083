// The bytes by which a child process tells a tree: round trips, and that nothing in them is believed.
#include "h5/tree_bytes.h"

#include <gtest/gtest.h>

#include "support/h5_trees.h"

namespace evenscore::h5 {
namespace {

using test::dataset;
using test::numbers;
using test::sample_tree;
using test::texts;
using test::truth;

using Bytes = std::vector<std::byte>;

Node tree_of(const Bytes& bytes, const TreeLimits& limits = {}) {
  return std::get<Node>(answer_from_bytes(bytes, limits));
}

Error error_of(const Error& error) {
  return std::get<Error>(answer_from_bytes(to_bytes(error), {}));
}

void expect_refused(const Bytes& bytes, const TreeLimits& limits = {}) {
  try {
    answer_from_bytes(bytes, limits);
    ADD_FAILURE() << "was believed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_file) << error.what();
  }
}

Node holding(Value value) {
  Node root;
  root.attributes["x"] = std::move(value);
  return root;
}

TEST(H5TreeBytes, TreesComeBack) {
  EXPECT_EQ(tree_of(to_bytes(sample_tree())), sample_tree());
  EXPECT_EQ(tree_of(to_bytes(Node{})), Node{});
  EXPECT_EQ(to_bytes(sample_tree()), to_bytes(sample_tree()));
}

TEST(H5TreeBytes, ErrorsComeBackButForTheirFile) {
  const Error error = error_of(Error(ErrorCode::limit_exceeded, "c", "/p", "r").in_file("f.h5"));
  EXPECT_EQ(error.code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(error.cause(), "c");
  EXPECT_EQ(error.place(), "/p");
  EXPECT_EQ(error.remedy(), "r");
  EXPECT_EQ(error.file(), "");
}

TEST(H5TreeBytes, AnErrorDoesNotReachTheTerminalRaw) {
  const Error error = error_of(Error(ErrorCode::unsupported, "a\x1b[2Jb", "\xff", std::string(5000, 'x')));
  EXPECT_EQ(error.cause(), "a\\x1b[2Jb");
  EXPECT_EQ(error.place(), "\\xff");
  EXPECT_EQ(error.remedy().size(), 4096U);
}

TEST(H5TreeBytes, EveryPrefixIsRefused) {
  const Bytes whole = to_bytes(sample_tree());
  const Bytes error = to_bytes(Error(ErrorCode::unsupported, "cause", "place", "remedy"));
  for (const Bytes& bytes : {whole, error}) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      SCOPED_TRACE(length);
      expect_refused({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
    }
  }
}

// What is believed is written back as the same bytes: no two of them say the same.
TEST(H5TreeBytes, EveryFlippedByteIsRefusedOrAnotherAnswer) {
  const Bytes whole = to_bytes(sample_tree());
  const Bytes error = to_bytes(Error(ErrorCode::unsupported, "cause", "place", "remedy"));
  for (Bytes bytes : {whole, error}) {
    for (std::byte& byte : bytes) {
      for (int flipped = 1; flipped < 256; ++flipped) {
        byte ^= static_cast<std::byte>(flipped);
        try {
          const TreeAnswer answer = answer_from_bytes(bytes, {});
          const Node* node = std::get_if<Node>(&answer);
          EXPECT_TRUE(node == nullptr || to_bytes(*node) == bytes);
        } catch (const Error& refusal) {
          EXPECT_EQ(refusal.code(), ErrorCode::corrupt_file);
        }
        byte ^= static_cast<std::byte>(flipped);
      }
    }
  }
}

TEST(H5TreeBytes, BytesAfterTheAnswerAreRefused) {
  Bytes bytes = to_bytes(sample_tree());
  bytes.push_back(std::byte{0});
  expect_refused(bytes);
}

TEST(H5TreeBytes, TheLimitsHoldAgain) {
  const Bytes bytes = to_bytes(sample_tree());
  TreeLimits limits;
  limits.objects = 12;
  EXPECT_EQ(tree_of(bytes, limits), sample_tree());
  limits.objects = 11;
  expect_refused(bytes, limits);
  limits = {};
  limits.depth = 3;
  EXPECT_EQ(tree_of(bytes, limits), sample_tree());
  limits.depth = 2;
  expect_refused(bytes, limits);
  limits = {};
  limits.bytes = 100;
  expect_refused(bytes, limits);
  limits = {};
  limits.name_length = 5;
  expect_refused(bytes, limits);
}

TEST(H5TreeBytes, WhatNoFileGivesIsRefused) {
  expect_refused(to_bytes(holding(truth({1}, {std::byte{2}}))));
  expect_refused(to_bytes(holding(texts({1}, {"\xff"}))));
  expect_refused(to_bytes(holding(texts({1}, {std::string("a\0", 2)}))));
  expect_refused(to_bytes(holding(texts({2}, {"one"}))));
  expect_refused(to_bytes(holding(texts({std::uint64_t{1} << 25}, {"one"}))));
  expect_refused(to_bytes(holding(numbers<double>(ElementType::f64, {2}, {1.0}))));
  expect_refused(to_bytes(holding(numbers<double>(ElementType::f64, {std::uint64_t{1} << 61}, {}))));
  constexpr std::uint64_t kWide = std::uint64_t{1} << 40;
  expect_refused(to_bytes(holding(numbers<double>(ElementType::f64, {0, kWide, kWide}, {}))));
  expect_refused(
      to_bytes(holding(numbers<double>(ElementType::f64, std::vector<std::uint64_t>(33, 1), {1.0}))));
  Node named;
  named.children["\xff"];
  expect_refused(to_bytes(named));
}

TEST(H5TreeBytes, NamesAreInOrderAndOnlyOnce) {
  Node root;
  root.children["a"];
  root.children["b"];
  Bytes bytes = to_bytes(root);
  for (std::byte& byte : bytes) {
    if (byte == std::byte{'b'}) byte = std::byte{'a'};
  }
  expect_refused(bytes);
}

TEST(H5TreeBytes, ATreeWithinItsLimitsFits) {
  TreeLimits limits;
  limits.objects = 12;
  limits.bytes = 2000;
  limits.name_length = 20;
  ASSERT_EQ(tree_of(to_bytes(sample_tree()), limits), sample_tree());
  EXPECT_LE(to_bytes(sample_tree()).size(), most_bytes(limits));
  limits.objects = UINT64_MAX;
  EXPECT_EQ(most_bytes(limits), UINT64_MAX);
}

}  // namespace
}  // namespace evenscore::h5
