package detangle.ir;

/**
 * An operation: an immutable record that holds attributes alone. What an operation means is said by exhaustive switches
 * (inference, interpreter, printer, ...), so that the compiler lists every place a new one must be taught to.
 */
public sealed interface Op permits TensorOp, KernelOp {}
