package detangle.ir;

import java.util.Locale;

/**
 * An operation: an immutable record that holds attributes alone. What an operation means is said by exhaustive switches
 * (inference, interpreter, printer, ...), so that the compiler lists every place a new one must be taught to.
 */
public sealed interface Op permits TensorOp, KernelOp {
    /**
     * Returns the word that the operation is written with in text and in messages, such as {@code packed_attention}.
     */
    default String mnemonic() {
        return switch (this) {
            case TensorOp.Unary(var f) -> f.text();
            case TensorOp.Binary(var f) -> f.text();
            case TensorOp.Compare(var c) -> c.text();
            case TensorOp.Reduce(var f, var axis) -> "reduce_" + f.text();
            // All others have the name of their record.
            default -> recordName(getClass());
        };
    }

    /** Returns the name of an operation's record as text has it: {@code GatherLast} as {@code gather_last}. */
    static String recordName(Class<?> operation) {
        return operation
                .getSimpleName()
                .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_")
                .toLowerCase(Locale.ROOT);
    }
}
