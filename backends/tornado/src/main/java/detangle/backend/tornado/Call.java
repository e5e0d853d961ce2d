package detangle.backend.tornado;

/** The code that a launch runs: a kernel or a function of the matrix library. */
sealed interface Call permits KernelTask, LibraryCall {}
