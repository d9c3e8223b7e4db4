#include "base/loopback.hpp"
#include "cli/findings.hpp"
#include "cli/session.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cmath>
#include <filesystem>
#include <functional>

namespace rag::cli {
namespace {

constexpr std::uintmax_t free_bytes_wanted = 500'000'000;

void examine_data_dir(const Config& config, Findings& findings) {
    namespace fs = std::filesystem;
    std::error_code error;
    fs::create_directories(config.data_dir, error);
    if (error || access(config.data_dir.c_str(), W_OK) != 0) {
        findings.push_back({"data folder", Verdict::bad,
                            "'" + config.data_dir +
                                "' cannot be written; set RAG_DATA_DIR to a folder of yours."});
        return;
    }
    const fs::space_info space = fs::space(config.data_dir, error);
    if (!error && space.available < free_bytes_wanted) {
        findings.push_back({"data folder", Verdict::notice,
                            fmt::format("'{}' has only {} MB of disk left.", config.data_dir,
                                        space.available / 1'000'000)});
        return;
    }
    findings.push_back({"data folder", Verdict::good, config.data_dir});
}

void examine_store(Session& session, Findings& findings) {
    const StoreStatus status = session.application().store().status(session.context());
    findings.push_back(
        {"database", Verdict::good,
         fmt::format("{} {} at {}, schema {}, {} documents", status.kind, status.version,
                     status.address, status.schema_version, status.document_count)});
    for (const std::string& note : status.notes) {
        findings.push_back({"database", Verdict::notice, note});
    }
}

void examine_embedder(Session& session, Findings& findings) {
    Embedder& embedder = session.application().embedder();
    const std::string probe[] = {"Is the embedding model there?"};
    const Vector vector = embedder.embed_passages(session.context(), probe).at(0);
    double length = 0;
    for (const float value : vector) {
        length += static_cast<double>(value) * static_cast<double>(value);
    }
    const bool unit = std::abs(std::sqrt(length) - 1.0) < 1e-3;
    findings.push_back(
        {"embedding model", unit ? Verdict::good : Verdict::bad,
         fmt::format("{}, {} dimensions{}", embedder.space().model, embedder.space().dimensions,
                     unit ? "" : "; its vectors are not of unit length")});
}

void examine_collections(Session& session, Findings& findings) {
    const EmbeddingSpace& space = session.application().embedder().space();
    for (const Collection& collection : session.memory().list_collections(session.context())) {
        if (collection.space != space) {
            findings.push_back(
                {"collection", Verdict::notice,
                 fmt::format("'{}' was made with {} ({} dimensions); with {} it is searched by "
                             "words alone and takes in nothing. Configure its model again.",
                             collection.name, collection.space.model, collection.space.dimensions,
                             space.model)});
        }
    }
}

void examine_network(const Config& config, Findings& findings) {
    if (is_loopback(config.host)) {
        findings.push_back(
            {"network", Verdict::good,
             fmt::format("serves {}:{}, this machine only", config.host, config.port)});
        return;
    }
    if (config.auth == AuthMode::none) {
        findings.push_back({"network", Verdict::bad,
                            "anybody who reaches " + config.host +
                                " can read and change everything; set RAG_AUTH=token and make a "
                                "token with 'rag token create --name NAME'."});
        return;
    }
    findings.push_back({"network", Verdict::good,
                        fmt::format("serves {}:{} with authentication", config.host, config.port)});
    if (config.public_url.empty()) {
        findings.push_back({"network", Verdict::notice,
                            "RAG_PUBLIC_URL is not set; clients that name another host than "
                            "RAG_ALLOWED_HOSTS has are refused."});
    }
}

void examine_files(const Config& config, Findings& findings) {
    if (!config.allowed_roots) {
        findings.push_back({"files", Verdict::notice,
                            "RAG_ALLOWED_ROOTS is not set: over stdio agents may read files below "
                            "the working directory, over HTTP none."});
        return;
    }
    for (const std::string& folder : *config.allowed_roots) {
        const bool there = std::filesystem::is_directory(folder);
        findings.push_back({"files", there ? Verdict::good : Verdict::bad,
                            there ? "agents may read " + folder
                                  : "'" + folder + "' of RAG_ALLOWED_ROOTS is no folder."});
    }
}

void examine_sandbox(const Config& config, Findings& findings) {
    if (!config.browser_sandbox || geteuid() == 0) {
        findings.push_back({"browser", Verdict::notice,
                            geteuid() == 0
                                ? "runs pages' scripts without a sandbox of its own, because this "
                                  "program runs as root."
                                : "runs pages' scripts without a sandbox of its own, because "
                                  "RAG_BROWSER_SANDBOX is 'off'."});
    }
}

/// Without one everything else works, so its absence is no fault; one that does not answer is.
void examine_browser(Session& session, Findings& findings) {
    PageRenderer& renderer = session.application().renderer();
    if (const std::string why = renderer.why_not(); !why.empty()) {
        findings.push_back(
            {"browser", Verdict::notice, why + " Pages are read without their scripts."});
        return;
    }
    findings.push_back({"browser", Verdict::good, renderer.probe(session.context())});
    const Config& config = session.config().config;
    if (config.browser.find("://") == std::string::npos) {
        examine_sandbox(config, findings);
    }
}

void examine_programs(Session& session, Findings& findings) {
    const std::string program = session.application().find_pdf_program();
    findings.push_back({"documents", program.empty() ? Verdict::notice : Verdict::good,
                        program.empty() ? "pdftotext is not installed, so PDFs cannot be taken in; "
                                          "install the package poppler-utils."
                                        : "PDFs are read by " + program});
}

/// Runs one examination; what it throws is a finding like any other.
void examine(const char* subject, Findings& findings, const std::function<void()>& examination) {
    try {
        examination();
    } catch (const std::exception& error) {
        findings.push_back({subject, Verdict::bad, error.what()});
    }
}

Json findings_form(const Findings& findings) {
    constexpr const char* words[] = {"good", "notice", "bad"};
    Json list = Json::array();
    for (const Finding& finding : findings) {
        list.push_back({{"subject", finding.subject},
                        {"verdict", words[static_cast<int>(finding.verdict)]},
                        {"message", finding.sentence}});
    }
    return {{"result", list}};
}

std::string describe_findings(const Json& result) {
    std::string text;
    for (const Json& finding : result.at("result")) {
        const std::string verdict = finding.at("verdict");
        text += fmt::format(
            "{:4} {:16} {}\n", verdict == "good" ? "ok" : (verdict == "bad" ? "BAD" : "note"),
            finding.at("subject").get<std::string>(), finding.at("message").get<std::string>());
    }
    return text;
}

}  // namespace

void add_doctor_command(Command root, Session& session) {
    Command command =
        root.add_subcommand("doctor", "Examine what is configured, reachable and wrong");
    command.callback([&session] {
        Findings findings;
        const Config& config = session.config().config;
        examine_data_dir(config, findings);
        examine("database", findings, [&] { examine_store(session, findings); });
        examine("embedding model", findings, [&] { examine_embedder(session, findings); });
        examine("collection", findings, [&] { examine_collections(session, findings); });
        examine("browser", findings, [&] { examine_browser(session, findings); });
        examine_network(config, findings);
        examine_files(config, findings);
        examine_programs(session, findings);
        examine_safety(config, findings);
        session.print(findings_form(findings), describe_findings);
        for (const Finding& finding : findings) {
            if (finding.verdict == Verdict::bad) {
                session.exit_code = 1;
            }
        }
    });
}

}  // namespace rag::cli
