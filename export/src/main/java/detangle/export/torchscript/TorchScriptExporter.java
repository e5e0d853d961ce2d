package detangle.export.torchscript;

import detangle.export.ExportException;
import detangle.export.file.TensorBytes;
import detangle.export.torchscript.TorchModule.Buffer;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.files.WholeFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes programs as TorchScript archives, which PyTorch, libtorch and DJL load: {@code forward} takes the program's
 * inputs in their order and gives a dictionary of its outputs, at any size of its symbols. Source:
 * github.com/pytorch/pytorch, torch/csrc/jit/docs/serialization.md.
 */
public final class TorchScriptExporter {
    /** The version of the operators' meanings, which PyTorch 1.12 and later read. */
    private static final String VERSION = "10\n";

    private static final int BUFFER_BYTES = 1 << 20;

    /** The least that zip files can say, so that one model is one sequence of bytes. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private TorchScriptExporter() {}

    /**
     * Writes a program whose parameters are bound. The file appears whole or not at all.
     *
     * @throws ExportException if PyTorch cannot say what the program does, or the file cannot be written
     * @throws detangle.ir.IrException if the program holds what is not exported: see {@link detangle.ir.Level#EXPORTED}
     */
    public static void write(Program program, Path file) {
        TorchModule module = TorchScriptLowering.lower(program);
        try (WholeFiles files = new WholeFiles()) {
            try (ZipOutputStream zip = new ZipOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(files.part(file)), BUFFER_BYTES))) {
                // PyTorch asks for nothing compressed, as it may map the file.
                zip.setMethod(ZipOutputStream.STORED);
                entry(zip, "data.pkl", out -> out.write(state(module)));
                entry(zip, "code/__torch__.py", out -> out.write(module.source().getBytes(StandardCharsets.UTF_8)));
                entry(
                        zip,
                        "constants.pkl",
                        out -> out.write(new PickleWriter().emptyTuple().stop()));
                int number = 0;
                for (Buffer buffer : module.buffers().values()) {
                    entry(zip, "data/" + number++, out -> TensorBytes.write(buffer.data(), buffer.dtype(), out));
                }
                entry(zip, "version", out -> out.write(VERSION.getBytes(StandardCharsets.US_ASCII)));
            }
            files.publish();
        } catch (IOException e) {
            throw new ExportException(file + ": cannot be written: " + WholeFiles.reason(e), e);
        }
    }

    @FunctionalInterface
    private interface Content {
        void write(OutputStream out) throws IOException;
    }

    /** Writes an uncompressed entry. Its size and checksum stand before it, so the content is written twice. */
    private static void entry(ZipOutputStream zip, String name, Content content) throws IOException {
        CRC32 checksum = new CRC32();
        long[] size = {0};
        content.write(new CheckedOutputStream(OutputStream.nullOutputStream(), checksum) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                super.write(bytes, offset, length);
                size[0] += length;
            }
        });
        ZipEntry entry = new ZipEntry("detangle/" + name);
        entry.setTimeLocal(TIME);
        entry.setSize(size[0]);
        entry.setCompressedSize(size[0]);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        content.write(zip);
        zip.closeEntry();
    }

    /** Returns the module: its attributes by name, tensors as views of the storages beside. */
    private static byte[] state(TorchModule module) {
        PickleWriter pickle = new PickleWriter()
                .global("__torch__", TorchModule.NAME)
                .emptyTuple()
                .object()
                .emptyDictionary()
                .mark()
                .text("training")
                .bool(false);
        int number = 0;
        for (Map.Entry<String, Buffer> entry : module.buffers().entrySet()) {
            pickle.text(entry.getKey());
            tensor(pickle, entry.getValue(), number++);
        }
        return pickle.items().build().stop();
    }

    private static void tensor(PickleWriter pickle, Buffer buffer, int number) {
        Tensor data = buffer.data();
        pickle.global("torch._utils", "_rebuild_tensor_v2")
                .mark()
                .mark()
                .text("storage")
                .global("torch", TorchType.of(buffer.dtype()).storage())
                .text(Integer.toString(number))
                .text("cpu")
                .integer(data.elements())
                .tuple()
                .persistent()
                .integer(0)
                .tuple(data.shape())
                .tuple(strides(data.shape()))
                .bool(false)
                .global("collections", "OrderedDict")
                .emptyTuple()
                .call()
                .tuple()
                .call();
    }

    private static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= Math.max(1, shape[axis]);
        }
        return strides;
    }
}
