package detangle.backend.tornado.cublaslt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.tornado.cublaslt.AttentionPtx.Form;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** NVIDIA's assembler, where it is on the PATH, takes the kernels, and they have what their speed relies on. */
class AttentionPtxTest {
    /** The bytes of shared memory of a multiprocessor of Hopper, and those that each group takes beside its own. */
    private static final int SHARED_BYTES = 228 * 1024;

    private static final int RESERVED_BYTES = 1024;

    private static final int GROUPS = 3;
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores");

    @TempDir
    private Path folder;

    private static List<Form> forms() {
        return Stream.of(ComputePrecision.FP16, ComputePrecision.BF16)
                .flatMap(precision -> Stream.of(8, 16, 32, 64)
                        .flatMap(width -> Stream.of(0, 1, 2, 3)
                                .map(terms -> new Form(precision, width, (terms & 1) > 0, (terms & 2) > 0))))
                .toList();
    }

    @Test
    void aMultiprocessorHasRoomForSomeGroups() {
        for (Form form : forms()) {
            assertTrue(AttentionPtx.covers(form.precision(), form.width()));
            assertTrue(GROUPS * (form.sharedBytes() + RESERVED_BYTES) <= SHARED_BYTES, form::toString);
        }
    }

    /** The widest rows take the most registers. */
    static Stream<Arguments> assembled() {
        return Stream.concat(
                forms().stream().filter(form -> form.width() == 64).map(form -> Arguments.of("sm_90", form)),
                forms().stream()
                        .filter(form -> form.precision() == ComputePrecision.FP16 && form.c2p() && form.p2c())
                        .map(form -> Arguments.of("sm_80", form)));
    }

    @ParameterizedTest
    @MethodSource("assembled")
    void theAssemblerKeepsAllNumbersInRegisters(String architecture, Form form)
            throws IOException, InterruptedException {
        boolean isThere = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(p -> Files.isExecutable(Path.of(p, "ptxas")));
        if (!isThere) {
            System.out.println("PTX is not assembled: ptxas is not on the PATH");
        }
        assumeTrue(isThere);
        Path log = folder.resolve("log");
        Path file = Files.writeString(folder.resolve("attention.ptx"), AttentionPtx.text(form));
        Process process = new ProcessBuilder(
                        "ptxas", "-v", "-arch=" + architecture, "-o", "attention.cubin", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), "ptxas does not end");
        String said = Files.readString(log);
        assertEquals(0, process.exitValue(), () -> form + ": " + said);
        Matcher spills = SPILLS.matcher(said);
        assertTrue(spills.find() && spills.group(1).equals("0"), () -> form + ": " + said);
    }
}
