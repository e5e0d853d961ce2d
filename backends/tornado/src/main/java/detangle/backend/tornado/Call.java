package detangle.backend.tornado;

/** What a launch runs: a kernel, or a library's function. */
sealed interface Call permits KernelTask, LibraryProduct {}
