package detangle.backend.vector.kernel;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;

/**
 * Writes tiles as bytecode: how many rows fill the registers depends on the machine. A tile of r rows keeps 2 r
 * accumulators, two vectors of B and one of A: six rows fill sixteen registers, fourteen fill thirty-two.
 *
 * <p>C2 would hoist all broadcasts of A to the top of the loop body; with sixteen registers more values are alive than
 * fit then, and spilled accumulators halve the speed. A fence between rows emits no instruction on x86 and stops the
 * hoisting. Where registers suffice it only hinders.
 */
public final class TileCompiler {
    private static final ClassDesc FENCE = VarHandle.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc RUN = MethodType.methodType(
                    void.class,
                    float[].class,
                    int.class,
                    float[].class,
                    int.class,
                    int.class,
                    float[].class,
                    int.class,
                    int.class,
                    float[].class,
                    int.class,
                    int.class)
            .describeConstable()
            .orElseThrow();
    /** Vectors of a panel. */
    private static final int VECTORS = PackedMatrix.WIDTH / Lanes.COUNT;

    // The locals of Tile.run.
    private static final int A = 1;
    private static final int A_AT = 2;
    private static final int B = 3;
    private static final int B_AT = 4;
    private static final int K = 5;
    private static final int FIRST = 6;
    private static final int FIRST_AT = 7;
    private static final int FIRST_STRIDE = 8;
    private static final int C = 9;
    private static final int C_AT = 10;
    private static final int LDC = 11;

    private final int rows;
    private final boolean fence;
    private final CodeBuilder code;
    private final VectorCode vectors;

    private TileCompiler(int rows, boolean fence, CodeBuilder code) {
        this.rows = rows;
        this.fence = fence;
        this.code = code;
        this.vectors = new VectorCode(code);
    }

    public static Tile compile(int rows, boolean fence) {
        return VectorCode.define(
                MethodHandles.lookup(),
                Tile.class,
                c -> VectorCode.method(c, "run", RUN, code -> new TileCompiler(rows, fence, code).emit()),
                "a tile of " + rows + " rows");
    }

    private void emit() {
        int[][] sums = new int[rows][VECTORS];
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < VECTORS; v++) {
                load(FIRST, FIRST_AT, v * Lanes.COUNT);
                sums[i][v] = code.allocateLocal(TypeKind.REFERENCE);
                code.astore(sums[i][v]);
            }
            code.iload(FIRST_AT).iload(FIRST_STRIDE).iadd().istore(FIRST_AT);
        }
        int step = code.allocateLocal(TypeKind.INT);
        Label test = code.newLabel();
        Label end = code.newLabel();
        code.iconst_0().istore(step).labelBinding(test).iload(step).iload(K).if_icmpge(end);
        step(sums);
        code.iinc(A_AT, rows).iinc(B_AT, VECTORS * Lanes.COUNT).iinc(step, 1).goto_(test);
        code.labelBinding(end);
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < VECTORS; v++) {
                code.aload(sums[i][v]).aload(C).iload(C_AT);
                add(v * Lanes.COUNT);
                vectors.store();
            }
            code.iload(C_AT).iload(LDC).iadd().istore(C_AT);
        }
        code.return_();
    }

    /** Emits the product of one column of A and one row of B. */
    private void step(int[][] sums) {
        int[] b = new int[VECTORS];
        for (int v = 0; v < VECTORS; v++) {
            load(B, B_AT, v * Lanes.COUNT);
            b[v] = code.allocateLocal(TypeKind.REFERENCE);
            code.astore(b[v]);
        }
        int a = code.allocateLocal(TypeKind.REFERENCE);
        for (int i = 0; i < rows; i++) {
            vectors.species();
            code.aload(A).iload(A_AT);
            add(i);
            code.faload();
            vectors.broadcast();
            code.astore(a);
            for (int v = 0; v < VECTORS; v++) {
                code.aload(a).aload(b[v]).aload(sums[i][v]);
                vectors.apply("fma", 3);
                code.astore(sums[i][v]);
            }
            if (fence && i < rows - 1) {
                code.invokestatic(FENCE, "acquireFence", ConstantDescs.MTD_void);
            }
        }
    }

    private void load(int array, int at, int plus) {
        vectors.species();
        code.aload(array).iload(at);
        add(plus);
        vectors.load();
    }

    private void add(int constant) {
        if (constant != 0) {
            code.loadConstant(constant).iadd();
        }
    }
}
