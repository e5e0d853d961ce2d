package detangle.compiler;

import detangle.ir.Level;
import detangle.ir.Program;

/** A step of the compiler: it takes a program and gives one of equal value. */
public interface Pass {
    /** Returns the name on the command line and in dumps, such as {@code fuse-attention}. */
    String name();

    Program run(Program program);

    /** Returns the level of the programs that it takes. */
    default Level takes() {
        return Level.PASSES;
    }

    /**
     * Returns the level of what it leaves.
     *
     * @param before the level of the program that it is given
     */
    default Level leaves(Level before) {
        return before;
    }
}
