package detangle.backend.vector.amx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Executes machine code of the kernels on any machine: exactly the instructions that {@link Assembler} writes, of which
 * every bit is read, and nothing else. Memory is what a call is given; any other address fails. So do tiles that fit no
 * product, registers that a call must keep, and tiles that it leaves configured.
 */
final class EmulatedProcessor {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final long STACK = 1L << 60;
    private static final int STACK_BYTES = 256;
    private static final long RETURN = 0x1234_5678_9ABC_DEF0L;
    private static final int RSP = 4;
    private static final int[] ARGUMENTS = {7, 6, 2, 1, 8, 9};
    private static final int[] KEPT = {3, RSP, 5, 12, 13, 14, 15};

    private record Region(long base, MemorySegment memory) {}

    private static final class Tile {
        private final int rows;
        private final int rowBytes;
        private final byte[] data = new byte[MatrixUnit.TILE];

        Tile(int rows, int rowBytes) {
            this.rows = rows;
            this.rowBytes = rowBytes;
        }

        private ByteBuffer buffer() {
            return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        }

        float number(int row, int column) {
            return buffer().getFloat(row * MatrixUnit.TILE_ROW + column * Float.BYTES);
        }

        float half(int row, int column) {
            short bits = buffer().getShort(row * MatrixUnit.TILE_ROW + column * Short.BYTES);
            return Float.intBitsToFloat(bits << 16);
        }
    }

    private final byte[] code;
    private final List<Region> regions = new ArrayList<>();
    private final long[] registers = new long[16];
    private final byte[][] vectors = new byte[32][64];
    private final Tile[] tiles = new Tile[8];
    private boolean configured;
    private boolean zero;
    private int at;

    private EmulatedProcessor(byte[] code) {
        this.code = code;
    }

    /**
     * Calls code as C would.
     *
     * @param arguments segments, whose addresses are passed, and whole numbers
     */
    static void call(byte[] code, Object... arguments) {
        new EmulatedProcessor(code).call(arguments);
    }

    private void call(Object... arguments) {
        regions.add(new Region(STACK, MemorySegment.ofArray(new byte[STACK_BYTES])));
        for (int i = 0; i < registers.length; i++) {
            registers[i] = 0xAAAA_0000_0000L + i;
        }
        int onStack = Math.max(0, arguments.length - ARGUMENTS.length);
        registers[RSP] = STACK + STACK_BYTES - (onStack + 1L) * Long.BYTES;
        writeLong(registers[RSP], RETURN);
        for (int i = 0; i < arguments.length; i++) {
            long value = address(arguments[i]);
            if (i < ARGUMENTS.length) {
                registers[ARGUMENTS[i]] = value;
            } else {
                writeLong(registers[RSP] + (i - ARGUMENTS.length + 1L) * Long.BYTES, value);
            }
        }
        long[] before = registers.clone();
        while (at >= 0) {
            step();
        }
        before[RSP] += Long.BYTES;
        for (int r : KEPT) {
            require(registers[r] == before[r], "register " + r + " is not kept");
        }
        require(!configured, "tiles are not released");
    }

    private long address(Object argument) {
        return switch (argument) {
            case MemorySegment segment -> {
                long base = (long) (regions.size() + 1) << 40;
                regions.add(new Region(base, segment));
                yield base;
            }
            case Long number -> number;
            default -> throw new IllegalArgumentException(argument.toString());
        };
    }

    private void require(boolean holds, String fault) {
        if (!holds) {
            throw new AssertionError(fault + ", before byte " + at);
        }
    }

    private int next() {
        return code[at++] & 0xFF;
    }

    private int number() {
        int value = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
        at += Integer.BYTES;
        return value;
    }

    private void step() {
        int opcode = next();
        switch (opcode) {
            case 0x41 -> {
                int other = next();
                require(other >= 0x50 && other < 0x60, "unknown opcode");
                stack(other, 8);
            }
            case 0xC3 -> {
                require(pop() == RETURN, "returns to another place");
                at = -1;
            }
            case 0x0F -> {
                require(next() == 0x85, "unknown opcode");
                int distance = number();
                if (!zero) {
                    at += distance;
                }
            }
            case 0xC4 -> vex();
            case 0x62 -> evex();
            default -> {
                if (opcode >= 0x50 && opcode < 0x60) {
                    stack(opcode, 0);
                } else {
                    require(opcode >> 4 == 4 && (opcode & 8) != 0, "unknown opcode");
                    general(opcode);
                }
            }
        }
    }

    private void stack(int opcode, int high) {
        int r = (opcode & 7) + high;
        if (opcode < 0x58) {
            registers[RSP] -= Long.BYTES;
            writeLong(registers[RSP], registers[r]);
        } else {
            registers[r] = pop();
        }
    }

    private long pop() {
        long value = readLong(registers[RSP]);
        registers[RSP] += Long.BYTES;
        return value;
    }

    /** Instructions on registers of 64 bits, behind a prefix REX.W. */
    private void general(int rex) {
        int high = (rex >> 2 & 1) * 8;
        int index = (rex >> 1 & 1) * 8;
        int base = (rex & 1) * 8;
        int opcode = next();
        switch (opcode) {
            case 0x89, 0x01 -> {
                int[] r = registers(high, base);
                long value = opcode == 0x89 ? registers[r[0]] : registers[r[1]] + registers[r[0]];
                set(r[1], value, opcode == 0x01);
            }
            case 0xC7, 0x81 -> {
                int[] r = registers(high, base);
                require(r[0] == 0, "unknown opcode");
                int number = number();
                set(r[1], opcode == 0xC7 ? number : registers[r[1]] + number, opcode == 0x81);
            }
            case 0xC1 -> {
                int[] r = registers(high, base);
                require(r[0] == 4, "unknown opcode");
                set(r[1], registers[r[1]] << next(), true);
            }
            case 0xFF -> {
                int[] r = registers(high, base);
                require(r[0] == 1, "unknown opcode");
                set(r[1], registers[r[1]] - 1, true);
            }
            case 0x8B -> {
                Memory from = memory(high, index, base);
                require(from.stride == 0, "has an index");
                set(from.register, readLong(from.address), false);
            }
            case 0x0F -> {
                require(next() == 0x0D, "unknown opcode");
                Memory line = memory(high, index, base);
                require(line.register == 1 && line.stride == 0, "unknown opcode");
            }
            default -> throw new AssertionError("unknown opcode before byte " + at);
        }
    }

    private void set(int register, long value, boolean flags) {
        registers[register] = value;
        zero = flags ? value == 0 : zero;
    }

    /** The operands of ModRM that are both registers. */
    private int[] registers(int high, int base) {
        int modrm = next();
        require(modrm >> 6 == 3, "a register is expected");
        return new int[] {(modrm >> 3 & 7) + high, (modrm & 7) + base};
    }

    private record Memory(int register, long address, long stride) {}

    /** ModRM with a SIB byte and a displacement of 32 bits. */
    private Memory memory(int high, int index, int base) {
        int modrm = next();
        require((modrm & 0xC7) == 0x84, "memory with a displacement of 32 bits is expected");
        int sib = next();
        require(sib >> 6 == 0, "the index is scaled");
        int indexRegister = (sib >> 3 & 7) + index;
        long address = registers[(sib & 7) + base] + number();
        return new Memory((modrm >> 3 & 7) + high, address, indexRegister == RSP ? 0 : registers[indexRegister]);
    }

    private void vex() {
        int first = next();
        int second = next();
        require((first & 31) == 2, "another map of opcodes");
        require((second & 0x84) == 0, "VEX.W or VEX.L is set");
        int high = (~first >> 7 & 1) * 8;
        int index = (~first >> 6 & 1) * 8;
        int base = (~first >> 5 & 1) * 8;
        int other = ~(second >> 3) & 15;
        int prefix = second & 3;
        int opcode = next();
        require(opcode == 0x5C || other == 0, "VEX.vvvv is set");
        boolean inRegisters = (code[at] & 0xC0) == 0xC0;
        if (opcode == 0x49 && prefix == 0 && inRegisters) {
            int[] r = registers(high, base);
            require(r[0] == 0 && r[1] == 0, "unknown opcode");
            configured = false;
        } else if (opcode == 0x49 && prefix == 0) {
            Memory from = memory(high, index, base);
            require(from.register == 0 && from.stride == 0, "unknown opcode");
            configure(from.address);
        } else if (opcode == 0x4B && (prefix == 2 || prefix == 3)) {
            Memory rows = memory(high, index, base);
            transfer(tile(rows.register), rows, prefix == 3);
        } else {
            require(opcode == 0x5C && prefix == 2, "unknown opcode");
            int[] r = registers(high, base);
            product(tile(r[0]), tile(r[1]), tile(other));
        }
    }

    private void configure(long address) {
        require(read(address) == 1 && read(address + 1) == 0, "another palette, or a start row");
        for (int i = 2; i < 16; i++) {
            require(read(address + i) == 0, "a reserved byte is set");
        }
        for (int i = 0; i < 8; i++) {
            int rowBytes = read(address + 16 + 2L * i) & 0xFF | (read(address + 17 + 2L * i) & 0xFF) << 8;
            int rows = read(address + 48 + i);
            require(rowBytes <= MatrixUnit.TILE_ROW && rows >= 0 && rows <= MatrixUnit.TILE_ROWS, "too large a tile");
            require((rowBytes == 0) == (rows == 0), "a tile without rows or bytes");
            tiles[i] = new Tile(rows, rowBytes);
        }
        for (int i = 32; i < 48; i++) {
            require(read(address + i) == 0, "a reserved byte is set");
        }
        for (int i = 56; i < 64; i++) {
            require(read(address + i) == 0, "a reserved byte is set");
        }
        configured = true;
    }

    private Tile tile(int number) {
        require(configured && tiles[number].rows > 0, "tile " + number + " is not configured");
        return tiles[number];
    }

    private void transfer(Tile tile, Memory memory, boolean loads) {
        if (loads) {
            Arrays.fill(tile.data, (byte) 0);
        }
        for (int row = 0; row < tile.rows; row++) {
            for (int i = 0; i < tile.rowBytes; i++) {
                long address = memory.address + row * memory.stride + i;
                if (loads) {
                    tile.data[row * MatrixUnit.TILE_ROW + i] = read(address);
                } else {
                    write(address, tile.data[row * MatrixUnit.TILE_ROW + i]);
                }
            }
        }
    }

    /** TDPBF16PS, as Intel describes it. */
    private void product(Tile sum, Tile left, Tile right) {
        require(sum.rows == left.rows, "rows of the sum and of the left side differ");
        require(sum.rowBytes == right.rowBytes, "columns of the sum and of the right side differ");
        require(left.rowBytes == right.rows * Integer.BYTES && left.rowBytes % Integer.BYTES == 0, "depths differ");
        int columns = sum.rowBytes / Float.BYTES;
        for (int m = 0; m < sum.rows; m++) {
            float[] sums = new float[2 * columns];
            for (int k = 0; k < left.rowBytes / Integer.BYTES; k++) {
                for (int n = 0; n < columns; n++) {
                    for (int i = 0; i < 2; i++) {
                        sums[2 * n + i] = Bf16.fma(left.half(m, 2 * k + i), right.half(k, 2 * n + i), sums[2 * n + i]);
                    }
                }
            }
            for (int n = 0; n < columns; n++) {
                float value = Bf16.add(sum.number(m, n), Bf16.add(sums[2 * n], sums[2 * n + 1]));
                sum.buffer().putFloat(m * MatrixUnit.TILE_ROW + n * Float.BYTES, value);
            }
        }
    }

    /** Vectors of 512 bits without a mask. */
    private void evex() {
        int first = next();
        int second = next();
        int third = next();
        int opcode = next();
        int map = first & 15;
        int prefix = second & 3;
        require((second & 0x84) == 4, "EVEX.W is set");
        require((third & 0xF7) == 0x40, "another length, or a mask");
        int high = (~first >> 7 & 1) * 8 + (~first >> 4 & 1) * 16;
        int index = (~first >> 6 & 1) * 8;
        int base = (~first >> 5 & 1) * 8;
        int other = (~(second >> 3) & 15) + (~third >> 3 & 1) * 16;
        Memory memory = memory(high, index, base);
        require(memory.stride == 0, "has an index");
        byte[] vector = vectors[memory.register];
        if (map == 1 && prefix == 0 && (opcode == 0x10 || opcode == 0x11)) {
            require(other == 0, "EVEX.vvvv is set");
            for (int i = 0; i < vector.length; i++) {
                if (opcode == 0x10) {
                    vector[i] = read(memory.address + i);
                } else {
                    write(memory.address + i, vector[i]);
                }
            }
        } else {
            require(map == 2 && prefix == 3 && opcode == 0x72, "unknown opcode");
            ByteBuffer rounded = ByteBuffer.allocate(vector.length).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer second16 = ByteBuffer.wrap(vectors[other]).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 16; i++) {
                float x = Float.intBitsToFloat((int) (readLong(memory.address + 4L * i, 4)));
                rounded.putShort(2 * i, Bf16.round(x));
                rounded.putShort(32 + 2 * i, Bf16.round(second16.getFloat(4 * i)));
            }
            System.arraycopy(rounded.array(), 0, vector, 0, vector.length);
        }
    }

    private Region region(long address) {
        for (Region region : regions) {
            if (address >= region.base && address < region.base + region.memory.byteSize()) {
                return region;
            }
        }
        throw new AssertionError("memory at " + Long.toHexString(address) + ", before byte " + at);
    }

    private byte read(long address) {
        Region region = region(address);
        return region.memory.get(BYTE, address - region.base);
    }

    private void write(long address, byte value) {
        Region region = region(address);
        region.memory.set(BYTE, address - region.base, value);
    }

    private long readLong(long address) {
        return readLong(address, Long.BYTES);
    }

    private long readLong(long address, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (read(address + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    private void writeLong(long address, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            write(address + i, (byte) (value >> 8 * i));
        }
    }
}
