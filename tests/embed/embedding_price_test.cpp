#include "embed/embedding_price.hpp"

#include <doctest/doctest.h>

using namespace rag::embed;

TEST_CASE("embedding price: our own models cost nothing, OpenAI's what its list says") {
    EmbedderOptions options;
    CHECK(known_price(options) == 0.0);
    options.provider = EmbeddingProvider::model2vec;
    CHECK(known_price(options) == 0.0);
    options.provider = EmbeddingProvider::openai;
    CHECK(known_price(options) == 0.02);
    options.model = "text-embedding-3-large";
    options.base_url = "https://api.openai.com/v1";
    CHECK(known_price(options) == 0.13);
}

TEST_CASE("embedding price: what others take is not guessed") {
    EmbedderOptions options;
    options.provider = EmbeddingProvider::openai;
    options.model = "text-embedding-4";
    CHECK_FALSE(known_price(options));
    options.model = "text-embedding-3-small";
    options.base_url = "http://127.0.0.1:11434/v1";
    CHECK_FALSE(known_price(options));
}
