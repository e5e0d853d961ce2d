package detangle.backend.vector.kernel;

/** The right operand of a product in the form that kernels read, {@code [K,N]} in panels of columns. */
public sealed interface Panels permits PackedMatrix, NarrowMatrix {
    int k();

    int n();

    default int panels() {
        return PackedMatrix.panels(n());
    }
}
