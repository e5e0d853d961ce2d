/** The typed tensor IR: operations, text form, verifier, rewriter, and the interpreter that defines it. */
@SuppressWarnings("module") // Both are built later.
module detangle.ir {
    exports detangle.ir;
    exports detangle.ir.interpreter;
    exports detangle.ir.rewrite to
            detangle.compiler,
            detangle.testing;
    exports detangle.ir.scalar;
    exports detangle.ir.text;
}
