package detangle.compiler;

import detangle.ir.Program;

/** A step of the pipeline: a program in, one of equal value out. */
public interface Pass {
    /** The name on the command line and in dumps, such as {@code fuse-attention}. */
    String name();

    Program run(Program program);
}
