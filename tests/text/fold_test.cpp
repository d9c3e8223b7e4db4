#include "text/fold.hpp"

#include "base/utf8.hpp"

#include <doctest/doctest.h>

using namespace rag::text;

TEST_CASE("fold: case and white space do not count, digits and punctuation do") {
    CHECK(fold_text("  The\tQuick \n\n Fox ") == "the quick fox");
    CHECK(fold_text("v1.2, (B)") == "v1.2, (b)");
    CHECK(fold_text("") == "");
    CHECK(fold_text(" \n\t ") == "");
    CHECK(fold_key("90 days") != fold_key("91 days"));
    CHECK(fold_key("a.b") != fold_key("a b"));
}

TEST_CASE("fold: compatibility forms and composed letters are the same") {
    CHECK(fold_text("ﬁle") == "file");
    CHECK(fold_text("ＡＢＣ　１２") == "abc 12");
    CHECK(fold_text("Straße") == fold_text("STRASSE"));
    CHECK(fold_text("Cafe\xCC\x81") == fold_text("CAFÉ"));
    CHECK(fold_text("a\xC2\xA0\xE2\x80\x89"
                    "b") == "a b");
    CHECK(fold_key("Cafe\xCC\x81  x") == fold_key("café x"));
}

TEST_CASE("fold: the key of an empty text is not zero, and ill-formed bytes are no fault") {
    CHECK(fold_key("") != 0);
    CHECK(rag::is_utf8(fold_text("a\xFF\xC3 b")));
}

TEST_CASE("fold: folding twice changes nothing") {
    for (const char* text : {"Ǆ ǅ ß İstanbul", "ΑΣ Ωμέγα", "ﷺ ½ ①", "ᾳ ᾼ ΐ", "\xEF\xBB\xBFx"}) {
        CAPTURE(text);
        CHECK(fold_text(fold_text(text)) == fold_text(text));
    }
}
