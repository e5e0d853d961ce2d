package detangle.backend.tornado.cublaslt;

/**
 * How cuBLASLt multiplies floats of 32 bits. Sums have 32 bits in all of them; matrix units take operands that are rounded to
 * fewer bits.
 */
public enum ProductPrecision {
    /** Products of 32 bits, without matrix units. */
    FP32(68),
    /** Operands with mantissas of 10 bits. */
    TF32(77),
    /** Operands of 16 bits with mantissas of 10 bits; what is beyond 65504 becomes infinite. */
    FP16(74),
    /** Operands of 16 bits with mantissas of 7 bits. */
    BF16(75);

    /** A {@code cublasComputeType_t}. */
    final int computeType;

    ProductPrecision(int computeType) {
        this.computeType = computeType;
    }
}
