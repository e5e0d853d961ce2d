package detangle.backend;

import detangle.ir.Program;

/** What a backend is given: a program at the kernel level with all parameters bound, and where its values live. */
public record Plan(Program program, MemoryPlan memory) {}
