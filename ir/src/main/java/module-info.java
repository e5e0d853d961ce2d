/** The typed tensor IR: operations, text form, verifier, rewriter, and the interpreter that defines it. */
module detangle.ir {
    exports detangle.ir;
    exports detangle.ir.interpreter;
    exports detangle.ir.rewrite;
    exports detangle.ir.scalar;
    exports detangle.ir.text;
}
