// The built-in embedding model as read-only data. The paths come from the build.

    .section .rodata.rag_builtin_model, "a", %progbits

    .balign 4096
    .globl rag_builtin_rows_begin
    .type rag_builtin_rows_begin, %object
rag_builtin_rows_begin:
    .incbin RAG_BUILTIN_ROWS
    .size rag_builtin_rows_begin, . - rag_builtin_rows_begin
    .globl rag_builtin_rows_end
rag_builtin_rows_end:

    .globl rag_builtin_vocabulary_begin
    .type rag_builtin_vocabulary_begin, %object
rag_builtin_vocabulary_begin:
    .incbin RAG_BUILTIN_VOCABULARY
    .size rag_builtin_vocabulary_begin, . - rag_builtin_vocabulary_begin
    .globl rag_builtin_vocabulary_end
rag_builtin_vocabulary_end:

    .section .note.GNU-stack, "", %progbits
