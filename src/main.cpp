#include "app.hpp"
#include "cli/run.hpp"

int main(int argc, char** argv) {
    return rag::cli::run(argc, argv, rag::make_application);
}
