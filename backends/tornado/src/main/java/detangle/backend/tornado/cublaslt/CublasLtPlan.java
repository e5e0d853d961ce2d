package detangle.backend.tornado.cublaslt;

import detangle.backend.BackendException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The descriptions of a product and of its matrices in cuBLASLt, and the algorithm that the library chose.
 *
 * @param product the handle of the product's description
 * @param a the handle of the layout of A; {@code b} and {@code c} are those of B and C
 * @param algorithm a {@code cublasLtMatmulHeuristicResult_t}, whose first field is the algorithm
 */
record CublasLtPlan(long product, long a, long b, long c, MemorySegment algorithm) {
    /** The attribute of a product that holds the address of its bias: {@code CUBLASLT_MATMUL_DESC_BIAS_POINTER}. */
    static final int BIAS_POINTER = 8;

    private static final String SET_PRODUCT = "cublasLtMatmulDescSetAttribute";
    private static final int TRANSPOSE_A = 3;
    private static final int TRANSPOSE_B = 4;
    private static final int EPILOGUE = 7;
    private static final int EPILOGUE_BIAS = 4;
    private static final int OP_T = 1;

    private static final String SET_LAYOUT = "cublasLtMatrixLayoutSetAttribute";
    private static final int BATCH_COUNT = 5;
    private static final int STRIDED_BATCH_OFFSET = 6;

    private static final String SET_PREFERENCE = "cublasLtMatmulPreferenceSetAttribute";
    private static final int MAX_WORKSPACE_BYTES = 1;
    private static final int MIN_ALIGNMENT_A_BYTES = 5;
    private static final int MIN_ALIGNMENT_B_BYTES = 6;
    private static final int MIN_ALIGNMENT_C_BYTES = 7;
    private static final int MIN_ALIGNMENT_D_BYTES = 8;

    /** The type of sums: {@code CUDA_R_32F}. */
    private static final int F32 = 0;

    /**
     * The layout of {@code cublasLtMatmulHeuristicResult_t}: the algorithm, the bytes of workspace, the status, the
     * waves, and four reserved numbers.
     */
    private static final MemoryLayout RESULT = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(8, ValueLayout.JAVA_LONG),
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_FLOAT,
            MemoryLayout.sequenceLayout(4, ValueLayout.JAVA_INT));

    private static final long STATUS_OFFSET = 72;

    /** Alignments of the matrices in bytes: for each, the largest power of two up to 256 that divides its address. */
    record Alignment(int a, int b, int c) {
        private static final int MAX_BYTES = 256;

        static Alignment of(long a, long b, long c) {
            return new Alignment(of(a), of(b), of(c));
        }

        private static int of(long address) {
            return (int) Long.lowestOneBit(address | MAX_BYTES);
        }
    }

    /**
     * Describes a product, and asks the library for an algorithm.
     *
     * @param bias the address of a bias, whose alignment the library takes into account, or 0 where there is none
     * @param workspace the bytes of workspace that the algorithm may use
     * @throws BackendException if the library has no algorithm for the product
     */
    static CublasLtPlan make(
            CublasLt library,
            long handle,
            Matmul.Shape shape,
            ProductOptions options,
            Alignment alignment,
            long bias,
            long workspace) {
        long product = library.create("cublasLtMatmulDescCreate", options.computeType(), F32);
        if (shape.transposeA()) {
            library.set(SET_PRODUCT, product, TRANSPOSE_A, OP_T);
        }
        if (shape.transposeB()) {
            library.set(SET_PRODUCT, product, TRANSPOSE_B, OP_T);
        }
        if (bias != 0) {
            library.set(SET_PRODUCT, product, EPILOGUE, EPILOGUE_BIAS);
            library.set(SET_PRODUCT, product, BIAS_POINTER, bias);
        }
        int type = options.matrixType();
        int batch = shape.batch();
        long a = layout(library, type, shape.rowsA(), shape.columnsA(), shape.leadingA(), batch, shape.strideA());
        long b = layout(library, type, shape.rowsB(), shape.columnsB(), shape.leadingB(), batch, shape.strideB());
        long c = layout(library, type, shape.m(), shape.n(), shape.leadingC(), batch, shape.strideC());

        CublasLtPlan plan = new CublasLtPlan(product, a, b, c, Arena.ofAuto().allocate(RESULT));
        try {
            plan.choose(library, handle, alignment, workspace);
            return plan;
        } catch (BackendException e) {
            plan.free(library);
            throw new BackendException(
                    "cuBLASLt does not multiply " + shape + " in " + options.precision() + ": " + e.getMessage(), e);
        }
    }

    private void choose(CublasLt library, long handle, Alignment alignment, long workspace) {
        long preference = library.create("cublasLtMatmulPreferenceCreate");
        try (Arena call = Arena.ofConfined()) {
            library.set(SET_PREFERENCE, preference, MAX_WORKSPACE_BYTES, workspace);
            library.set(SET_PREFERENCE, preference, MIN_ALIGNMENT_A_BYTES, alignment.a);
            library.set(SET_PREFERENCE, preference, MIN_ALIGNMENT_B_BYTES, alignment.b);
            library.set(SET_PREFERENCE, preference, MIN_ALIGNMENT_C_BYTES, alignment.c);
            library.set(SET_PREFERENCE, preference, MIN_ALIGNMENT_D_BYTES, alignment.c);
            MemorySegment count = call.allocate(ValueLayout.JAVA_INT);
            library.call(
                    "cublasLtMatmulAlgoGetHeuristic", handle, product, a, b, c, c, preference, 1, algorithm, count);
            if (count.get(ValueLayout.JAVA_INT, 0) == 0 || algorithm.get(ValueLayout.JAVA_INT, STATUS_OFFSET) != 0) {
                throw new BackendException(
                        "it has no algorithm: -Ddetangle.tornado.products=java computes products without it");
            }
        } finally {
            library.call("cublasLtMatmulPreferenceDestroy", preference);
        }
    }

    private static long layout(
            CublasLt library, int type, long rows, long columns, long leading, int batch, long stride) {
        long layout = library.create("cublasLtMatrixLayoutCreate", type, rows, columns, leading);
        if (batch > 1) {
            library.set(SET_LAYOUT, layout, BATCH_COUNT, batch);
            library.set(SET_LAYOUT, layout, STRIDED_BATCH_OFFSET, stride);
        }
        return layout;
    }

    void free(CublasLt library) {
        library.call("cublasLtMatmulDescDestroy", product);
        library.call("cublasLtMatrixLayoutDestroy", a);
        library.call("cublasLtMatrixLayoutDestroy", b);
        library.call("cublasLtMatrixLayoutDestroy", c);
    }
}
