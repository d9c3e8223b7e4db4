#include "text/boilerplate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rag;
using rag::text::Boilerplate;

namespace {

std::string page(int number) {
    const std::string name = std::to_string(number);
    return "[Edit this page](https://a/edit/" + name + ".md)\n\n# Page " + name +
           "\n\nText that only page " + name + " has.\n\n**Parameters of it**\n\n```\ncode " +
           name + "\n\nsame code\n```\n\nMore of " + name + "\n\nAnd more of " + name +
           "\n\nStill of " + name + "\n\nThe last of " + name + "\n\nIts end, " + name +
           "\n\nWas this page helpful?\n\nSubscribe to our newsletter\nfor more.\n";
}

Boilerplate learnt() {
    Boilerplate boilerplate;
    for (int i = 0; i < text::boilerplate_pages; ++i) {
        CHECK_FALSE(boilerplate.is_learnt());
        CHECK(boilerplate.strip(page(i)) == page(i));
        CHECK(boilerplate.learn(page(i)) == (i + 1 == text::boilerplate_pages));
    }
    return boilerplate;
}

}  // namespace

TEST_CASE("boilerplate: what stands at the edges of most pages goes, the rest stays as it is") {
    const Boilerplate boilerplate = learnt();
    const std::string text = boilerplate.strip(page(77));
    CHECK(text.starts_with("# Page 77\n\nText that only page 77 has.\n"));
    CHECK(text.find("Edit this page") == std::string::npos);
    CHECK(text.find("helpful") == std::string::npos);
    CHECK(text.find("newsletter") == std::string::npos);
    CHECK(text.find("```\ncode 77\n\nsame code\n```\n") != std::string::npos);
    CHECK(text.ends_with("Its end, 77\n"));
    CHECK(boilerplate.strip(text) == text);
    CHECK(boilerplate.strip("Was this page helpful?") == "Was this page helpful?");
}

TEST_CASE("boilerplate: what was learnt is the same when it was stored") {
    const Boilerplate boilerplate = learnt();
    const Boilerplate again(Json::parse(boilerplate.stored().dump()));
    CHECK(again.is_learnt());
    CHECK(again.strip(page(5)) == boilerplate.strip(page(5)));
    CHECK(Boilerplate().stored().is_null());
    CHECK_FALSE(Boilerplate(Json()).is_learnt());
}
