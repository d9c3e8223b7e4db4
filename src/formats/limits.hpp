#pragma once

#include <chrono>
#include <cstddef>

/// How much a document may take. What is larger ends with a sentence.
namespace rag::formats {

constexpr std::size_t text_bytes_max = std::size_t{20} << 20U;  ///< As much as is stored of one.
constexpr std::size_t metadata_bytes_max = std::size_t{64} << 10U;  ///< Of the head of an answer.

// Containers: a zip file that grows out of proportion is made to do harm.
constexpr std::size_t archive_entries_max = 20'000;
constexpr std::size_t archive_entry_bytes_max = std::size_t{64} << 20U;
constexpr std::size_t archive_bytes_max = std::size_t{256} << 20U;  ///< Of all parts that are read.
constexpr std::size_t archive_ratio_max = 200;                      ///< Unpacked to packed...
constexpr std::size_t archive_ratio_free_bytes = std::size_t{16} << 20U;  ///< ... above this.

constexpr int pdf_pages_max = 5'000;
constexpr std::size_t slides_max = 5'000;
constexpr std::size_t sheets_max = 1'000;
constexpr std::size_t chapters_max = 5'000;
constexpr std::size_t messages_max = 20'000;
constexpr std::size_t cells_max = 2'000'000;    ///< Of one document.
constexpr std::size_t table_columns_max = 256;  ///< Further ones are left out.
constexpr int nesting_max = 32;                 ///< Tables in tables, parts in parts.

// The process that reads one document.
constexpr std::size_t worker_memory_bytes_max = std::size_t{1} << 30U;
constexpr std::chrono::seconds worker_time_max{60};
constexpr std::chrono::seconds worker_cpu_time_max{50};
constexpr int workers_at_once_max = 2;

}  // namespace rag::formats
