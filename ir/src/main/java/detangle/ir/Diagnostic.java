package detangle.ir;

import java.util.Optional;

/** An error of a program: where, which constraint, what. */
public record Diagnostic(Optional<Location> location, Constraint constraint, String message) {
    /** {@code model.dtir:12:8: error [dot_c2]: contracted dims 64 and 32 differ in %c2c}. */
    @Override
    public String toString() {
        return location.map(l -> l + ": ").orElse("") + "error [" + constraint.label() + "]: " + message;
    }
}
