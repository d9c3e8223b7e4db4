// The built-in embedding model as read-only data. The path comes from the build.

    .section .rodata.rag_builtin_model, "a", %progbits

    .balign 4096
    .globl rag_builtin_model_begin
    .type rag_builtin_model_begin, %object
rag_builtin_model_begin:
    .incbin RAG_BUILTIN_MODEL
    .size rag_builtin_model_begin, . - rag_builtin_model_begin
    .globl rag_builtin_model_end
rag_builtin_model_end:

    .section .note.GNU-stack, "", %progbits
