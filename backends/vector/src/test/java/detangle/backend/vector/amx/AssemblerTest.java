package detangle.backend.vector.amx;

import static detangle.backend.vector.amx.Assembler.Register.R10;
import static detangle.backend.vector.amx.Assembler.Register.R12;
import static detangle.backend.vector.amx.Assembler.Register.R13;
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
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bytes of each form of each instruction, beside the text that binutils' objdump (2.40) shows for them with {@code -D
 * -b binary -m i386:x86-64 -M intel}.
 */
class AssemblerTest {
    record Form(String text, String bytes, Consumer<Assembler> writes) {
        @Override
        public String toString() {
            return text;
        }
    }

    static Form[] forms() {
        return new Form[] {
            new Form("push rbx", "53", a -> a.push(RBX)),
            new Form("push r12", "41 54", a -> a.push(R12)),
            new Form("pop rbp", "5d", a -> a.pop(RBP)),
            new Form("pop r13", "41 5d", a -> a.pop(R13)),
            new Form("ret", "c3", a -> a.ret()),
            new Form("mov rax,r10", "4c 89 d0", a -> a.move(RAX, R10)),
            new Form("mov r12,rdi", "49 89 fc", a -> a.move(R12, RDI)),
            new Form("mov rbx,0x40", "48 c7 c3 40 00 00 00", a -> a.move(RBX, 64)),
            new Form("mov r8,0xffffffffffffffff", "49 c7 c0 ff ff ff ff", a -> a.move(R8, -1)),
            new Form("mov r8,QWORD PTR [rsp+0x30]", "4c 8b 84 24 30 00 00 00", a -> a.load(R8, RSP, 48)),
            new Form("mov rbp,QWORD PTR [r13+riz*1+0x8]", "49 8b ac 25 08 00 00 00", a -> a.load(RBP, R13, 8)),
            new Form("add rdx,rax", "48 01 c2", a -> a.add(RDX, RAX)),
            new Form("add r9,r10", "4d 01 d1", a -> a.add(R9, R10)),
            new Form("add r12,0x800", "49 81 c4 00 08 00 00", a -> a.add(R12, 2048)),
            new Form("add rax,0x80", "48 81 c0 80 00 00 00", a -> a.add(RAX, 128)),
            new Form("shl rax,0x4", "48 c1 e0 04", a -> a.shiftLeft(RAX, 4)),
            new Form("shl r9,0x5", "49 c1 e1 05", a -> a.shiftLeft(R9, 5)),
            new Form("dec r8", "49 ff c8", a -> a.decrement(R8)),
            new Form("dec rcx", "48 ff c9", a -> a.decrement(RCX)),
            new Form("jne 0x0", "0f 85 fa ff ff ff", a -> a.jumpIfNotZero(0)),
            new Form(
                    "ret; ret; jne 0x1",
                    "c3 c3 0f 85 f9 ff ff ff",
                    a -> a.ret().ret().jumpIfNotZero(1)),
            new Form(
                    "rex.W prefetchw BYTE PTR [rax+riz*1+0x40]",
                    "48 0f 0d 8c 20 40 00 00 00",
                    a -> a.prefetchForWriting(RAX, 64)),
            new Form(
                    "rex.WB prefetchw BYTE PTR [r12+0x0]",
                    "49 0f 0d 8c 24 00 00 00 00",
                    a -> a.prefetchForWriting(R12, 0)),
            new Form("ldtilecfg [r8+riz*1+0x0]", "c4 c2 78 49 84 20 00 00 00 00", a -> a.configureTiles(R8)),
            new Form("ldtilecfg [rdx+riz*1+0x0]", "c4 e2 78 49 84 22 00 00 00 00", a -> a.configureTiles(RDX)),
            new Form("tilerelease", "c4 e2 78 49 c0", a -> a.releaseTiles()),
            new Form(
                    "tileloadd tmm0,[rcx+r10*1+0x0]", "c4 a2 7b 4b 84 11 00 00 00 00", a -> a.loadTile(0, RCX, R10, 0)),
            new Form(
                    "tileloadd tmm7,[r13+rbx*1+0x400]",
                    "c4 c2 7b 4b bc 1d 00 04 00 00",
                    a -> a.loadTile(7, R13, RBX, 1024)),
            new Form(
                    "tileloadd tmm4,[rdi+rsi*1+0x40]",
                    "c4 e2 7b 4b a4 37 40 00 00 00",
                    a -> a.loadTile(4, RDI, RSI, 64)),
            new Form(
                    "tilestored [rdx+r10*1+0x40],tmm3",
                    "c4 a2 7a 4b 9c 12 40 00 00 00",
                    a -> a.storeTile(RDX, R10, 64, 3)),
            new Form(
                    "tilestored [r8+rax*1+0x0],tmm0", "c4 c2 7a 4b 84 00 00 00 00 00", a -> a.storeTile(R8, RAX, 0, 0)),
            new Form("tdpbf16ps tmm0,tmm4,tmm6", "c4 e2 4a 5c c4", a -> a.multiplyTiles(0, 4, 6)),
            new Form("tdpbf16ps tmm3,tmm5,tmm7", "c4 e2 42 5c dd", a -> a.multiplyTiles(3, 5, 7)),
            new Form(
                    "vmovups zmm16,ZMMWORD PTR [rax+riz*1+0x40]",
                    "62 e1 7c 48 10 84 20 40 00 00 00",
                    a -> a.loadFloats(16, RAX, 64)),
            new Form(
                    "vmovups zmm31,ZMMWORD PTR [r9+riz*1+0x0]",
                    "62 41 7c 48 10 bc 21 00 00 00 00",
                    a -> a.loadFloats(31, R9, 0)),
            new Form(
                    "vmovups ZMMWORD PTR [r10+riz*1+0x0],zmm16",
                    "62 c1 7c 48 11 84 22 00 00 00 00",
                    a -> a.storeVector(R10, 0, 16)),
            new Form(
                    "vmovups ZMMWORD PTR [rcx+riz*1+0x80],zmm24",
                    "62 61 7c 48 11 84 21 80 00 00 00",
                    a -> a.storeVector(RCX, 128, 24)),
            new Form(
                    "vcvtne2ps2bf16 zmm16,zmm16,ZMMWORD PTR [rax+riz*1+0x0]",
                    "62 e2 7f 40 72 84 20 00 00 00 00",
                    a -> a.roundFloats(16, 16, RAX, 0)),
            new Form(
                    "vcvtne2ps2bf16 zmm25,zmm30,ZMMWORD PTR [r12+0x40]",
                    "62 42 0f 40 72 8c 24 40 00 00 00",
                    a -> a.roundFloats(25, 30, R12, 64)),
        };
    }

    @ParameterizedTest
    @MethodSource("forms")
    void bytesAreThoseOfTheInstruction(Form form) {
        Assembler assembler = new Assembler();
        form.writes().accept(assembler);
        assertEquals(form.bytes(), HexFormat.ofDelimiter(" ").formatHex(assembler.bytes()));
    }
}
