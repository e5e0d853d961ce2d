package detangle.hostile;

import static detangle.testing.Pickles.PROTO;
import static detangle.testing.Pickles.matrix;
import static detangle.testing.Pickles.numbers;
import static detangle.testing.Pickles.state;
import static detangle.testing.Pickles.tensor;
import static detangle.testing.Pickles.text;

import detangle.testing.Pickles;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Archives of torch.save whose tensors are not what their storages can hold, or are many. */
final class TorchTensors {
    private TorchTensors() {}

    static List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        shapes(all);
        storages(all);
        views(all);
        return all;
    }

    private static void shapes(List<Hostile> all) {
        shaped(all, "size-overflows", 6, 0, numbers(Long.MAX_VALUE, 3), numbers(3, 1), "overflows");
        shaped(all, "size-wraps-to-zero", 6, 0, numbers(1L << 32, 1L << 32), numbers(0, 0), "overflows");
        shaped(all, "stride-overflows", 6, 0, numbers(3, 2), numbers(Long.MAX_VALUE, 1), "overflows");
        shaped(all, "offset-overflows", 6, Long.MAX_VALUE, numbers(2, 3), numbers(3, 1), "overflows");
        shaped(all, "offset", 6, 1, numbers(2, 3), numbers(3, 1), "leads out");
        shaped(all, "offset-negative", 6, -1, numbers(2, 3), numbers(3, 1), "offset -1");
        shaped(all, "size-negative", 6, 0, numbers(-2, -3), numbers(3, 1), "size or stride -2");
        shaped(all, "stride-negative", 6, 5, numbers(2, 3), numbers(-3, -1), "size or stride -3");
        shaped(all, "expanded", 6, 0, numbers(1L << 40), numbers(0), "leads out");
        shaped(all, "expanded-a-little", 6, 0, numbers(2, 3), numbers(0, 1), "");
        shaped(all, "sizes-without-strides", 6, 0, numbers(2, 3), numbers(1), "2 sizes and 1 strides");
        shaped(all, "of-65-axes", 6, 0, numbers(ones(65)), numbers(ones(65)), "most is 64");
        shaped(all, "of-64-axes", 6, 0, numbers(ones(64)), numbers(ones(64)), "");
        shaped(all, "of-100000-axes", 6, 0, numbers(ones(100_000)), numbers(ones(100_000)), "most is 64");
        shaped(all, "empty-of-any-size", 6, 0, numbers(0, Long.MAX_VALUE), numbers(0, 0), "");
        shaped(all, "empty-behind-the-storage", 6, Long.MAX_VALUE, numbers(0), numbers(1), "");
        shaped(all, "scalar", 6, 3, ")", ")", "");
    }

    private static void storages(List<Hostile> all) {
        shaped(all, "storage-too-long", 7, 0, numbers(2, 3), numbers(3, 1), "no storage '0' of 28 bytes");
        shaped(all, "storage-too-short", 5, 0, numbers(5), numbers(1), "no storage '0' of 20 bytes");
        shaped(all, "storage-negative", -6, 0, numbers(2, 3), numbers(3, 1), "-6 elements");
        shaped(all, "storage-overflows", 1L << 62, 0, numbers(2, 3), numbers(3, 1), "overflows");
        shaped(all, "storage-wraps-to-24", (1L << 62) + 6, 0, numbers(2, 3), numbers(3, 1), "overflows");
        TorchZipReader.pickle(
                all, "tensor-of-text", "ctorch._utils\n_rebuild_tensor_v2\n(" + text("a") + "NNNtR.", "wrong kind");
        TorchZipReader.pickle(all, "tensor-of-few", "ctorch._utils\n_rebuild_tensor_v2\n)R.", "a tuple of 0");
        TorchZipReader.pickle(
                all,
                "tensor-of-big-sizes",
                "ctorch._utils\n_rebuild_tensor_v2\n(NK\u0000\u008a\u00ff" + "\u007f".repeat(255) + "NtR.",
                "wrong kind");
        TorchZipReader.pickle(all, "storage-called", "ctorch\nFloatStorage\n)R.", "storage of its own");
        TorchZipReader.pickle(
                all,
                "storage-twice",
                state("a", matrix(), "b", tensor("0", "IntStorage", 6, 0, numbers(6), numbers(1))),
                "two types or sizes");
        TorchZipReader.pickle(
                all,
                "storage-of-its-own-kind",
                state("a", tensor("0", "EvilStorage", 6, 0, numbers(6), numbers(1))),
                "torch.EvilStorage");
        TorchZipReader.pickle(all, "storage-of-none", "NQ.", "wrong kind");
        TorchZipReader.pickle(
                all,
                "booleans",
                state("a", tensor("0", "BoolStorage", 24, 0, numbers(24), numbers(1))),
                "of type BOOL holds");
    }

    private static void views(List<Hostile> all) {
        all.add(new Hostile(
                "3000-transposed-views",
                folder -> {
                    String[] views = new String[6000];
                    for (int i = 0; i < 3000; i++) {
                        views[2 * i] = "w" + i;
                        views[2 * i + 1] = tensor("0", "FloatStorage", 1 << 18, i, numbers(500, 500), numbers(1, 500));
                    }
                    Files.write(
                            folder.resolve(TorchZipReader.FILE),
                            large(state(views), 1 << 18).bytes());
                },
                "transposed tensors"));
        all.add(new Hostile(
                "one-transposed-view-3000-times",
                folder -> {
                    String[] views = new String[6000];
                    for (int i = 0; i < 3000; i++) {
                        views[2 * i] = "w" + i;
                        views[2 * i + 1] = tensor("0", "FloatStorage", 1 << 18, 0, numbers(512, 512), numbers(1, 512));
                    }
                    Files.write(
                            folder.resolve(TorchZipReader.FILE),
                            large(state(views), 1 << 18).bytes());
                },
                ""));
        all.add(new Hostile(
                "30000-views",
                folder -> {
                    String[] views = new String[60_000];
                    for (int i = 0; i < 30_000; i++) {
                        views[2 * i] = "w" + i;
                        views[2 * i + 1] = tensor("0", "FloatStorage", 6, 0, numbers(6), numbers(1));
                    }
                    Files.write(
                            folder.resolve(TorchZipReader.FILE),
                            TorchZipReader.archive(state(views), e -> {}).bytes());
                },
                ""));
        TorchZipReader.pickle(all, "66000-numbers", scalars(66_000), "more than 65536 tensors");
    }

    /** Numbers by name, all of one storage; function and storage are recalled, so that each takes a few bytes. */
    private static String scalars(int count) {
        StringBuilder pickle = new StringBuilder(PROTO + "ctorch._utils\n_rebuild_tensor_v2\nq\u0000(" + text("storage")
                + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\u0006tQq\u000100}(");
        for (int i = 0; i < count; i++) {
            pickle.append(text(Integer.toString(i))).append("h\u0000(h\u0001K\u0000))tR");
        }
        return pickle + "u.";
    }

    private static HandmadeZip large(String pickle, int floats) {
        return new HandmadeZip()
                .add(TorchZipReader.PICKLE, Pickles.bytes(pickle))
                .add(TorchZipReader.STORAGE, Pickles.floats(floats));
    }

    private static void shaped(
            List<Hostile> all, String name, long elements, long offset, String sizes, String strides, String expected) {
        TorchZipReader.pickle(
                all,
                "tensor-" + name,
                state("w", tensor("0", "FloatStorage", elements, offset, sizes, strides)),
                expected);
    }

    private static long[] ones(int count) {
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
