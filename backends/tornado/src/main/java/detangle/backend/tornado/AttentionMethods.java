package detangle.backend.tornado;

/**
 * How attention without dropout is computed: in the first way here that covers it, and otherwise by
 * {@link AttentionKernel}.
 *
 * @param fused whether one kernel with products by matrix units may compute it
 * @param products whether the library may compute its products, with all scores in memory
 */
record AttentionMethods(boolean fused, boolean products) {
    /** {@link AttentionKernel} computes all attention. */
    static final AttentionMethods KERNEL = new AttentionMethods(false, false);

    AttentionMethods withoutProducts() {
        return new AttentionMethods(fused, false);
    }
}
