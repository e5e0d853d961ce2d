package detangle.ir;

/**
 * An operation with several results. Each result that a program reads is a node of its own, whose operation says which
 * result it is; a result that nobody reads has no node. Nodes over the same operands whose operations differ in the
 * result alone are results of one operation: {@link Program#operations} keeps them together, so that a backend can
 * compute all of them at once.
 *
 * <p>A node is therefore always one value of one type, and what treats nodes one by one needs to know nothing of this.
 * A result over operands of its own is an operation by itself, of the same value.
 */
public interface SeveralResults {
    /** Returns the operation with its first result, which is equal for all of its results. */
    Op withFirstResult();
}
