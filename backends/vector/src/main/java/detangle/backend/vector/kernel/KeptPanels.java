package detangle.backend.vector.kernel;

/** Panels that stand packed in memory. */
public sealed interface KeptPanels extends Panels permits PackedMatrix, NarrowMatrix, TileMatrix {
    @Override
    default Panels next() {
        return this;
    }

    @Override
    default KeptPanels kept() {
        return this;
    }
}
