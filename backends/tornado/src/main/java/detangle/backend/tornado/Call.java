package detangle.backend.tornado;

/** The code that a launch runs: a kernel or a function of the matrix library. */
sealed interface Call permits KernelTask, LibraryCall {
    /** Returns the name of the kernel or of the function. */
    String name();
}
