package detangle.backend.vector.kernel;

/** The right operand of a product, {@code [K,N]}, which kernels read in panels of columns. */
public sealed interface Panels permits KeptPanels, StoredMatrix {
    int k();

    int n();

    /** Returns the form for the product that comes next: the packed one, unless there may be no further product. */
    Panels next();

    /** Returns the packed form, which is made now where it is not there. The caller is in no section. */
    KeptPanels kept();

    default int panels() {
        return PackedMatrix.panels(n());
    }
}
