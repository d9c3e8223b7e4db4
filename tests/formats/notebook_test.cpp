#include "formats/documents.hpp"

using namespace rag;
using namespace rag::test;

TEST_CASE("ipynb: text, code with its language and what it printed") {
    const ReadDocument notebook = formats::read_in_process(DocumentType::notebook, R"json({
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Tides\n", "\n", "How they *rise*."]},
            {"cell_type": "code", "source": "print('``` ok')", "outputs": [
                {"output_type": "stream", "text": ["\u001b[31mhigh\u001b[0m\n"]},
                {"output_type": "execute_result",
                 "data": {"text/plain": "42", "image/png": "iVBO"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "too low"}]},
            {"cell_type": "raw", "source": "raw words"}]
})json");
    CHECK(
        notebook.markdown ==
        "# Tides\n\nHow they *rise*.\n\n````python\nprint('``` ok')\n````\n\nOutput:\n\n"
        "```\nhigh\n```\n\nOutput:\n\n```\n42\n```\n\nOutput:\n\n```\nValueError: too low\n```\n\n"
        "raw words\n");
    CHECK(notebook.title == "Tides");
    CHECK(notebook.metadata.at("programming_language") == "python");
}

TEST_CASE("ipynb: a long output is cut, and what is no notebook is said to be none") {
    const std::string text =
        markdown_of(DocumentType::notebook,
                    R"({"cells":[{"cell_type":"code","source":"x","outputs":[{"text":")" +
                        std::string(50'000, 'y') + R"("}]}]})");
    CHECK(text.size() < 3'000);
    CHECK(holds(text, "\n...\n"));
    CHECK(holds(refusal_of(DocumentType::notebook, "{"), "no valid JSON"));
    CHECK(holds(refusal_of(DocumentType::notebook, "{\"cells\": 5}"), "no notebook"));
    CHECK(holds(refusal_of(DocumentType::notebook, std::string(200'000, '[')), "no valid JSON"));
}
