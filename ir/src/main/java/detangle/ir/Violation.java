package detangle.ir;

/** A broken constraint and what broke it, such as {@code contracted dims 64 and 32 differ}. */
public record Violation(Constraint constraint, String detail) {}
