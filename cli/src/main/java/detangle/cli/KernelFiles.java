package detangle.cli;

import detangle.backend.KernelCode;
import detangle.models.files.WholeFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.spi.ToolProvider;

/**
 * Kernels as files of a folder: {@code 03-linear-product.class}, what javap says of it ({@code .javap}), and the
 * device's text ({@code .cl}, {@code .cu} or {@code .ptx}).
 */
final class KernelFiles {
    private KernelFiles() {}

    static void write(Path folder, List<KernelCode> kernels) {
        Optional<ToolProvider> javap = ToolProvider.findFirst("javap");
        try {
            Files.createDirectories(folder);
            for (int i = 0; i < kernels.size(); i++) {
                KernelCode kernel = kernels.get(i);
                String name = String.format(Locale.ROOT, "%02d-%s-%s", i, kernel.operation(), kernel.name());
                if (kernel.classFile().isPresent()) {
                    Path classFile = folder.resolve(name + ".class");
                    WholeFiles.write(classFile, kernel.classFile().get());
                    if (javap.isPresent()) {
                        write(folder.resolve(name + ".javap"), listing(javap.get(), classFile));
                    }
                }
                if (kernel.source().isPresent()) {
                    KernelCode.Source source = kernel.source().get();
                    write(folder.resolve(name + "." + source.suffix()), source.text());
                }
            }
        } catch (IOException e) {
            throw new OutputException(folder.toString(), e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        WholeFiles.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the bytecode of all methods, without the header that names the file and its date. */
    private static String listing(ToolProvider javap, Path classFile) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        javap.run(out, out, "-c", "-p", classFile.toString());
        out.flush();
        return text.toString();
    }
}
