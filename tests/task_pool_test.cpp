// Threads that share out pieces of work: each piece once, and which error is thrown.
#include "batch/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace evenscore {
namespace {

void expect_each_once(TaskPool& pool, std::size_t pieces) {
  std::vector<std::atomic<int>> times(pieces);
  pool.run(pieces, [&](std::size_t piece, std::size_t thread) {
    EXPECT_LT(thread, pool.threads());
    times.at(piece).fetch_add(1);
  });
  for (std::size_t i = 0; i < pieces; ++i) EXPECT_EQ(times[i].load(), 1) << "piece " << i << " of " << pieces;
}

// What run throws when these pieces fail; the later one fails first where there are several threads.
std::string thrown(TaskPool& pool, const std::set<std::size_t>& failing, std::size_t pieces) {
  try {
    pool.run(pieces, [&](std::size_t piece, std::size_t) {
      if (failing.count(piece) == 0) return;
      if (piece == *failing.begin()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      throw std::runtime_error("piece " + std::to_string(piece));
    });
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(TaskPool, RunsEveryPieceOnceAtAnyNumberOfThreads) {
  for (const int threads : {0, 1, 2, 3, 8}) {
    SCOPED_TRACE(threads);
    TaskPool pool(threads);
    if (threads > 0) {
      EXPECT_EQ(pool.threads(), static_cast<std::size_t>(threads));
    }
    EXPECT_GE(pool.threads(), 1U);
    for (const std::size_t pieces : {0U, 1U, 2U, 7U, 1000U, 3U}) expect_each_once(pool, pieces);
  }
}

TEST(TaskPool, SeveralThreadsWorkAtOnce) {
  TaskPool pool(2);
  std::atomic<int> inside{0};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::mutex mutex;
  std::set<std::size_t> threads;
  pool.run(2, [&](std::size_t, std::size_t thread) {
    inside.fetch_add(1);
    while (inside.load() < 2 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    threads.insert(thread);
  });
  EXPECT_EQ(inside.load(), 2);
  EXPECT_EQ(threads, (std::set<std::size_t>{0, 1}));
}

TEST(TaskPool, OneThreadIsThatOfTheCaller) {
  TaskPool pool(1);
  const std::thread::id caller = std::this_thread::get_id();
  std::vector<std::size_t> order;
  pool.run(5, [&](std::size_t piece, std::size_t thread) {
    EXPECT_EQ(thread, 0U);
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(piece);
  });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(TaskPool, ThrowsWhatTheFirstPieceThatFailedThrew) {
  for (const int threads : {1, 2, 4}) {
    SCOPED_TRACE(threads);
    TaskPool pool(threads);
    EXPECT_EQ(thrown(pool, {0, 1}, 2), "piece 0");
    EXPECT_EQ(thrown(pool, {0}, 100), "piece 0");
    EXPECT_EQ(thrown(pool, {99}, 100), "piece 99");
    EXPECT_EQ(thrown(pool, {}, 100), "nothing");
  }
}

TEST(TaskPool, WorksAgainAfterAnError) {
  TaskPool pool(3);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(thrown(pool, {3}, 40), "piece 3");
    expect_each_once(pool, 40);
  }
}

TEST(TaskPool, CanBeMovedBetweenWorks) {
  TaskPool first(2);
  expect_each_once(first, 10);
  TaskPool second(std::move(first));
  expect_each_once(second, 10);
  TaskPool third(4);
  expect_each_once(third, 10);
  third = std::move(second);
  EXPECT_EQ(third.threads(), 2U);
  expect_each_once(third, 10);
}

}  // namespace
}  // namespace evenscore
