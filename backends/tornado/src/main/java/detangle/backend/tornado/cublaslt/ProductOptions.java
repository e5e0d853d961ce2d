package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;

/**
 * Options of a product.
 *
 * @param precision how it is computed: its matrices and its bias have 16 bits in fp16 and bf16, and 32 otherwise; sums
 *     always have 32 bits
 * @param bias whether a vector is added to each row of the result
 * @param factor what each sum of products is multiplied by before it is rounded
 */
public record ProductOptions(ComputePrecision precision, boolean bias, float factor) {
    /** Returns the options of a product whose sums are not multiplied. */
    public ProductOptions(ComputePrecision precision, boolean bias) {
        this(precision, bias, 1f);
    }

    /** Returns the {@code cublasComputeType_t}: sums of 32 bits, and for tf32 operands with mantissas of 10 bits. */
    int computeType() {
        return switch (precision) {
            case FP32, FP16, BF16 -> 68;
            case TF32 -> 77;
        };
    }

    /** Returns the {@code cudaDataType_t} of the matrices and of the bias. */
    int matrixType() {
        return switch (precision) {
            case FP32, TF32 -> 0;
            case FP16 -> 2;
            case BF16 -> 14;
        };
    }

    /** Returns the bytes of an element of a matrix. */
    int elementBytes() {
        return switch (precision) {
            case FP32, TF32 -> Float.BYTES;
            case FP16, BF16 -> Short.BYTES;
        };
    }
}
