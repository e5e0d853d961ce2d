package detangle.backend.tornado.cublaslt;

/**
 * The precision in which cuBLASLt multiplies floats of 32 bits. Sums always have 32 bits; matrix units round the
 * operands to fewer bits.
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

    /** The {@code cublasComputeType_t}. */
    final int computeType;

    ProductPrecision(int computeType) {
        this.computeType = computeType;
    }
}
