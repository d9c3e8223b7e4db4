#include "storage/migrate.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace rag::storage {

std::vector<Migration> read_migrations(const embedded::Files& files) {
    std::vector<Migration> migrations;
    for (const auto& [file, sql] : files) {
        const std::size_t bar = file.find('_');
        const std::size_t dot = file.rfind(".sql");
        Migration migration;
        migration.sql = sql;
        const bool well_formed = bar == 4 && dot != std::string_view::npos && dot > bar;
        const auto* end = file.data() + (well_formed ? bar : 0);
        const auto read = std::from_chars(file.data(), end, migration.version);
        if (!well_formed || read.ec != std::errc{} || read.ptr != end) {
            throw Error(ErrorCode::internal,
                        "The migration '" + std::string(file) + "' is not named NNNN_name.sql.");
        }
        migration.name = file.substr(bar + 1, dot - bar - 1);
        migrations.push_back(migration);
    }
    std::sort(migrations.begin(), migrations.end(),
              [](const Migration& a, const Migration& b) { return a.version < b.version; });
    for (std::size_t i = 0; i < migrations.size(); ++i) {
        if (migrations[i].version != static_cast<std::int64_t>(i) + 1) {
            throw Error(ErrorCode::internal, "The migrations are not numbered 1, 2, 3...");
        }
    }
    return migrations;
}

void refuse_newer(std::int64_t version, std::int64_t known) {
    if (version > known) {
        throw Error(ErrorCode::conflict, "The database has schema version " +
                                             std::to_string(version) +
                                             ", this program knows versions up to " +
                                             std::to_string(known) + "; install a newer release.");
    }
}

}  // namespace rag::storage
