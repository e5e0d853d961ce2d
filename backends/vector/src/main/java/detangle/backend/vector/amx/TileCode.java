package detangle.backend.vector.amx;

import static detangle.backend.vector.amx.Assembler.Register.R10;
import static detangle.backend.vector.amx.Assembler.Register.R11;
import static detangle.backend.vector.amx.Assembler.Register.R12;
import static detangle.backend.vector.amx.Assembler.Register.R13;
import static detangle.backend.vector.amx.Assembler.Register.R14;
import static detangle.backend.vector.amx.Assembler.Register.R8;
import static detangle.backend.vector.amx.Assembler.Register.R9;
import static detangle.backend.vector.amx.Assembler.Register.RAX;
import static detangle.backend.vector.amx.Assembler.Register.RBP;
import static detangle.backend.vector.amx.Assembler.Register.RBX;
import static detangle.backend.vector.amx.Assembler.Register.RCX;
import static detangle.backend.vector.amx.Assembler.Register.RDI;
import static detangle.backend.vector.amx.Assembler.Register.RDX;
import static detangle.backend.vector.amx.Assembler.Register.RSI;
import static detangle.backend.vector.amx.Assembler.Register.RSP;

import detangle.backend.vector.amx.Assembler.Register;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;

/**
 * The machine code of the kernels. Arguments come as the System V convention has them: rdi, rsi, rdx, rcx, r8 and r9, and
 * then the stack.
 */
final class TileCode {
    /**
     * A product: packed rows, panel, result, initial, configuration of the tiles, steps; and on the stack blocks, the
     * strides of the result and of initial, and the bytes from one block of packed rows to the next.
     */
    static final FunctionDescriptor PRODUCT = FunctionDescriptor.ofVoid(
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    /** Packing: floats, the stride of their rows, tiles, steps, rows, and the bytes from one step to the next. */
    static final FunctionDescriptor PACKING = FunctionDescriptor.ofVoid(
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    /** The tile of the result's rows {@code 16 i} and columns {@code 16 j} is {@code 2 i + j}. */
    private static final int LEFT = 4;

    private static final int RIGHT = 6;

    /** Above zmm15, so that nothing needs to be cleared for code with older instructions. */
    private static final int FLOATS = 16;

    private TileCode() {}

    /**
     * Writes a kernel that computes {@link TileProduct}s.
     *
     * @param rowTiles how many tiles the rows of a block take, 1 or 2
     * @param columnTiles how many tiles the columns of the panel take, 1 or 2
     */
    static byte[] product(int rowTiles, int columnTiles) {
        Register[] saved = {RBX, RBP, R12, R13, R14};
        Assembler code = new Assembler();
        for (Register r : saved) {
            code.push(r);
        }
        int stack = (saved.length + 1) * Long.BYTES;
        code.configureTiles(R8);
        code.load(R8, RSP, stack); // Blocks.
        code.load(R10, RSP, stack + Long.BYTES); // The stride of the result.
        code.load(R11, RSP, stack + 2 * Long.BYTES); // The stride of initial.
        code.load(RBP, RSP, stack + 3 * Long.BYTES); // From block to block.
        code.move(RBX, MatrixUnit.TILE_ROW);
        int blocks = code.position();
        for (int i = 0; i < rowTiles; i++) {
            Register from = i == 0 ? RCX : RAX;
            if (i == 1) {
                code.move(RAX, R11).shiftLeft(RAX, 4).add(RAX, RCX);
            }
            for (int j = 0; j < columnTiles; j++) {
                code.loadTile(2 * i + j, from, R11, j * MatrixUnit.TILE_ROW);
            }
        }
        // The lines of the result are on their way while the products run.
        code.move(RAX, RDX);
        for (int row = 0; row < MatrixUnit.TILE_ROWS * rowTiles; row++) {
            for (int j = 0; j < columnTiles; j++) {
                code.prefetchForWriting(RAX, j * MatrixUnit.TILE_ROW);
            }
            code.add(RAX, R10);
        }
        code.move(R12, RDI).move(R13, RSI).move(R14, R9);
        int steps = code.position();
        code.loadTile(LEFT, R12, RBX, 0);
        for (int j = 0; j < columnTiles; j++) {
            code.loadTile(RIGHT + j, R13, RBX, j * MatrixUnit.TILE);
        }
        for (int i = 0; i < rowTiles; i++) {
            if (i == 1) {
                code.loadTile(LEFT + 1, R12, RBX, MatrixUnit.TILE);
            }
            for (int j = 0; j < columnTiles; j++) {
                code.multiplyTiles(2 * i + j, LEFT + i, RIGHT + j);
            }
        }
        code.add(R12, rowTiles * MatrixUnit.TILE).add(R13, 2 * MatrixUnit.TILE);
        code.decrement(R14).jumpIfNotZero(steps);
        code.move(RAX, R10).shiftLeft(RAX, 4);
        for (int i = 0; i < rowTiles; i++) {
            for (int j = 0; j < columnTiles; j++) {
                code.storeTile(RDX, R10, j * MatrixUnit.TILE_ROW, 2 * i + j);
            }
            code.add(RDX, RAX);
        }
        code.move(RAX, R11).shiftLeft(RAX, rowTiles == 2 ? 5 : 4).add(RCX, RAX);
        code.add(RDI, RBP);
        code.decrement(R8).jumpIfNotZero(blocks);
        code.releaseTiles();
        for (int i = saved.length - 1; i >= 0; i--) {
            code.pop(saved[i]);
        }
        return code.ret().bytes();
    }

    /** Writes a kernel that computes {@link TilePacking}s. */
    static byte[] packing() {
        Assembler code = new Assembler();
        int rows = code.position();
        code.move(RAX, RDI).move(R10, RDX).move(R11, RCX);
        int steps = code.position();
        code.loadFloats(FLOATS, RAX, MatrixUnit.DEPTH * Float.BYTES / 2);
        code.roundFloats(FLOATS, FLOATS, RAX, 0);
        code.storeVector(R10, 0, FLOATS);
        code.add(RAX, MatrixUnit.DEPTH * Float.BYTES).add(R10, R9);
        code.decrement(R11).jumpIfNotZero(steps);
        code.add(RDI, RSI).add(RDX, MatrixUnit.TILE_ROW);
        code.decrement(R8).jumpIfNotZero(rows);
        return code.ret().bytes();
    }
}
