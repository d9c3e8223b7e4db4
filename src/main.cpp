#include "app.hpp"
#include "cli/run.hpp"
#include "formats/worker.hpp"

int main(int argc, char** argv) {
    if (rag::formats::is_worker_call(argc, argv)) {
        return rag::formats::run_worker(argc, argv);
    }
    return rag::cli::run(argc, argv, rag::make_application);
}
