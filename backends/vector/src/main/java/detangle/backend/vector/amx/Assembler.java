package detangle.backend.vector.amx;

import java.util.Arrays;

/**
 * Writes the x86-64 instructions that the kernels of {@link TileCode} need. Memory operands have a base register and
 * displacements of 32 bits, and where a tile is loaded or stored an index register with the stride of its rows.
 */
final class Assembler {
    /** General registers, by their number in instructions. */
    enum Register {
        RAX,
        RCX,
        RDX,
        RBX,
        RSP,
        RBP,
        RSI,
        RDI,
        R8,
        R9,
        R10,
        R11,
        R12,
        R13,
        R14,
        R15;

        private int low() {
            return ordinal() & 7;
        }

        private int high() {
            return ordinal() >> 3;
        }
    }

    /** In the place of an index register: none. */
    private static final Register NONE = Register.RSP;

    private static final int NO_PREFIX = 0;
    private static final int PREFIX_F3 = 2;
    private static final int PREFIX_F2 = 3;

    private byte[] code = new byte[256];
    private int size;

    /** Returns where the next instruction begins. */
    int position() {
        return size;
    }

    byte[] bytes() {
        return Arrays.copyOf(code, size);
    }

    Assembler push(Register r) {
        return (r.high() == 0 ? this : write(0x41)).write(0x50 + r.low());
    }

    Assembler pop(Register r) {
        return (r.high() == 0 ? this : write(0x41)).write(0x58 + r.low());
    }

    Assembler ret() {
        return write(0xC3);
    }

    Assembler move(Register to, Register from) {
        return wide(from, Register.RAX, to).write(0x89).registers(from.low(), to.low());
    }

    Assembler move(Register to, int number) {
        return wide(Register.RAX, Register.RAX, to)
                .write(0xC7)
                .registers(0, to.low())
                .number(number);
    }

    /** Loads 64 bits from {@code [base + displacement]}. */
    Assembler load(Register to, Register base, int displacement) {
        return wide(to, Register.RAX, base).write(0x8B).memory(to.low(), base, NONE, displacement);
    }

    Assembler add(Register to, Register from) {
        return wide(from, Register.RAX, to).write(0x01).registers(from.low(), to.low());
    }

    Assembler add(Register to, int number) {
        return wide(Register.RAX, Register.RAX, to)
                .write(0x81)
                .registers(0, to.low())
                .number(number);
    }

    Assembler shiftLeft(Register r, int bits) {
        return wide(Register.RAX, Register.RAX, r)
                .write(0xC1)
                .registers(4, r.low())
                .write(bits);
    }

    Assembler decrement(Register r) {
        return wide(Register.RAX, Register.RAX, r).write(0xFF).registers(1, r.low());
    }

    /** Goes back to a place that has been passed already, unless the last result was zero. */
    Assembler jumpIfNotZero(int target) {
        return write(0x0F, 0x85).number(target - (size + Integer.BYTES));
    }

    /** Asks for the line at {@code [base + displacement]}, which will be written. It never faults. */
    Assembler prefetchForWriting(Register base, int displacement) {
        return wide(Register.RAX, Register.RAX, base).write(0x0F, 0x0D).memory(1, base, NONE, displacement);
    }

    /** Configures the tiles by 64 bytes at {@code [base]}. */
    Assembler configureTiles(Register base) {
        return vex(NO_PREFIX, 0x49, 0, 0, NONE, base).memory(0, base, NONE, 0);
    }

    Assembler releaseTiles() {
        return vex(NO_PREFIX, 0x49, 0, 0, Register.RAX, Register.RAX).registers(0, 0);
    }

    /** Loads a tile whose rows begin at {@code [base + displacement]} and are {@code stride} bytes apart. */
    Assembler loadTile(int tile, Register base, Register stride, int displacement) {
        return vex(PREFIX_F2, 0x4B, tile, 0, stride, base).memory(tile, base, stride, displacement);
    }

    Assembler storeTile(Register base, Register stride, int displacement, int tile) {
        return vex(PREFIX_F3, 0x4B, tile, 0, stride, base).memory(tile, base, stride, displacement);
    }

    /** Adds the product of two tiles of bfloat16 to a tile of floats. */
    Assembler multiplyTiles(int sum, int left, int right) {
        return vex(PREFIX_F3, 0x5C, sum, right, Register.RAX, Register.RAX).registers(sum, left);
    }

    /** Loads 16 floats from {@code [base + displacement]} into a register from zmm16 to zmm31. */
    Assembler loadFloats(int to, Register base, int displacement) {
        return evex(1, NO_PREFIX, 0x10, to, 0, base).memory(to & 7, base, NONE, displacement);
    }

    /** Stores 64 bytes. */
    Assembler storeVector(Register base, int displacement, int from) {
        return evex(1, NO_PREFIX, 0x11, from, 0, base).memory(from & 7, base, NONE, displacement);
    }

    /** Rounds 16 floats at {@code [base + displacement]}, and then those of a register, to 32 numbers of bfloat16. */
    Assembler roundFloats(int to, int second, Register base, int displacement) {
        return evex(2, PREFIX_F2, 0x72, to, second, base).memory(to & 7, base, NONE, displacement);
    }

    private Assembler write(int... bytes) {
        for (int b : bytes) {
            if (size == code.length) {
                code = Arrays.copyOf(code, 2 * size);
            }
            code[size++] = (byte) b;
        }
        return this;
    }

    private Assembler number(int x) {
        return write(x, x >> 8, x >> 16, x >> 24);
    }

    /** The prefix REX of an operation on 64 bits. */
    private Assembler wide(Register reg, Register index, Register base) {
        return write(0x48 | reg.high() << 2 | index.high() << 1 | base.high());
    }

    private Assembler registers(int reg, int other) {
        return write(0xC0 | reg << 3 | other);
    }

    /** The bytes ModRM and SIB, and a displacement of 32 bits. */
    private Assembler memory(int reg, Register base, Register index, int displacement) {
        return write(0x84 | reg << 3, index.low() << 3 | base.low()).number(displacement);
    }

    /** A prefix VEX of three bytes for the opcodes 0F 38, and the opcode. Tiles have numbers below 8. */
    private Assembler vex(int prefix, int opcode, int reg, int other, Register index, Register base) {
        int registers = (~reg >> 3 & 1) << 7 | (1 - index.high()) << 6 | (1 - base.high()) << 5;
        return write(0xC4, registers | 2, (~other & 15) << 3 | prefix, opcode);
    }

    /**
     * A prefix EVEX for vectors of 512 bits, and the opcode. Displacements of 32 bits are not scaled, and there is no
     * index register.
     *
     * @param map the opcodes: 1 for 0F, 2 for 0F 38
     */
    private Assembler evex(int map, int prefix, int opcode, int reg, int other, Register base) {
        int registers = (~reg >> 3 & 1) << 7 | 1 << 6 | (1 - base.high()) << 5 | (~reg >> 4 & 1) << 4 | map;
        return write(0x62, registers, (~other & 15) << 3 | 4 | prefix, 0x40 | (~other >> 4 & 1) << 3, opcode);
    }
}
