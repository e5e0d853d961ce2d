package detangle.models.weights;

import static detangle.testing.Pickles.number;
import static detangle.testing.Pickles.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.DType;
import detangle.models.weights.TorchObjects.OtherTensor;
import detangle.models.weights.TorchObjects.StoredView;
import detangle.testing.Pickles;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The callables of torch's pickles: what each makes, and what each refuses. */
class TorchObjectsTest {
    private static final String NONE = "N";
    private static final String FALSE = "\u0089";
    private static final String DICTIONARY = "ccollections\nOrderedDict\n)R";
    private static final String SIX_FLOATS = storage("FloatStorage", "0", 6);

    private static String storage(String type, String key, long elements, String... more) {
        return "(U\u0007storagectorch\n" + type + "\nU" + (char) key.length() + key + "U\u0003cpu" + number(elements)
                + String.join("", more) + "tQ";
    }

    private static String tensor(String storage, long offset, String sizes, String strides) {
        return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + sizes + strides + FALSE + DICTIONARY
                + "tR";
    }

    private static Object read(String pickle) {
        return read(new TorchObjects(new PickleBudget()), pickle);
    }

    private static Object read(TorchObjects objects, String pickle) {
        return objects.read(ByteBuffer.wrap(Pickles.bytes(pickle + ".")));
    }

    private static void assertRefused(String message, String pickle) {
        assertEquals(
                message, assertThrows(PickleException.class, () -> read(pickle)).getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "FloatStorage, F32, 4",
        "DoubleStorage, F64, 8",
        "HalfStorage, F16, 2",
        "BFloat16Storage, BF16, 2",
        "LongStorage, I64, 8",
        "IntStorage, I32, 4",
        "CharStorage, I8, 1",
        "BoolStorage, I1, 1",
    })
    void viewsAreAsTheFileSays(String type, DType dtype, int bytes) {
        TorchObjects objects = new TorchObjects(new PickleBudget());
        StoredView view = (StoredView) read(objects, tensor(storage(type, "k", 20), 3, numbers(2, 3), numbers(4, 1)));
        assertEquals(dtype, view.dtype());
        assertEquals(3, view.offset());
        assertArrayEquals(new long[] {2, 3}, view.shape());
        assertArrayEquals(new long[] {4, 1}, view.strides());
        assertEquals(20 * bytes, view.storage().bytes());
        assertEquals(view.storage(), objects.storages().get("k"));
        assertEquals(1, objects.storages().size());
    }

    @ParameterizedTest
    @CsvSource({
        "ByteStorage, uint8, 1",
        "ShortStorage, int16, 2",
        "ComplexFloatStorage, complex64, 8",
        "ComplexDoubleStorage, complex128, 16",
        "QInt8Storage, qint8, 1",
        "QUInt8Storage, quint8, 1",
        "QInt32Storage, qint32, 4",
        "QUInt4x2Storage, quint4x2, 1",
        "QUInt2x4Storage, quint2x4, 1",
        "UntypedStorage, untyped, 1",
    })
    void typesThatNoParameterHasAreNames(String type, String name, int bytes) {
        TorchObjects objects = new TorchObjects(new PickleBudget());
        // Shape and strides that lead out of such a storage are not checked, as it is not read.
        assertEquals(
                new OtherTensor(name), read(objects, tensor(storage(type, "0", 6), 9, numbers(2, 3), numbers(3, 1))));
        assertEquals(6 * bytes, objects.storages().get("0").bytes());
    }

    @Test
    void otherCallables() {
        StoredView view = (StoredView)
                read("ctorch._utils\n_rebuild_tensor\n(" + SIX_FLOATS + number(1) + numbers(5) + numbers(1) + "tR");
        assertEquals(1, view.offset());
        StoredView parameter = (StoredView) read("ctorch._utils\n_rebuild_parameter\n("
                + tensor(SIX_FLOATS, 2, numbers(4), numbers(1)) + FALSE + DICTIONARY + "tR");
        assertEquals(2, parameter.offset());
        StoredView sized =
                (StoredView) read(tensor(SIX_FLOATS, 0, "ctorch\nSize\n(" + numbers(2, 3) + "tR", numbers(3, 1)));
        assertArrayEquals(new long[] {2, 3}, sized.shape());
        assertEquals(
                new OtherTensor("sparse"),
                read(
                        "ctorch._utils\n_rebuild_sparse_tensor\n(ctorch.serialization\n_get_layout\n(U\u0010torch.sparse_coo"
                                + "tRNtR"));
        assertEquals(
                new OtherTensor("qint8"),
                read("ctorch._utils\n_rebuild_qtensor\n(" + storage("QInt8Storage", "0", 6) + "tR"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "uint16",
                "int4",
                "bits8",
                "float8_e4m3fn",
                "bfloat16",
                "complex32",
                "bool",
                "qint8",
                "quint4x2",
                "per_channel_affine",
                "strided",
                "sparse_csr"
            })
    void newerTypesAreNames(String type) {
        assertEquals(new OtherTensor(type), read(newer("ctorch\n" + type + "\n")));
    }

    private static String newer(String type) {
        return "ctorch._utils\n_rebuild_tensor_v3\n((U\u0007storagectorch.storage\nUntypedStorage\nU\u00010U\u0003cpu"
                + number(6) + "tQ" + number(0) + numbers(2, 3) + numbers(3, 1) + FALSE + NONE + type + "tR";
    }

    @Test
    void otherWordsAreNotCalled() {
        assertEquals(new OtherTensor("unknown"), read(newer("U\u0006uint16")));
        assertThrows(PickleException.class, () -> read(newer("ctorch\nload\n")));
        assertThrows(PickleException.class, () -> read(newer("cmytorch\nuint16\n")));
        assertRefused("a pickle that makes a storage of its own", "ctorch\nFloatStorage\n)R");
        assertRefused("an OrderedDict that is made from another object", "ccollections\nOrderedDict\n(K\u0001tR");
    }

    @Test
    void dictionariesAreMade() {
        Pickle.Dictionary dictionary = (Pickle.Dictionary) read(DICTIONARY + "U\u0001kK\u0007s");
        assertEquals(7L, dictionary.get("k"));
    }

    @Test
    void referencesAreThoseOfStorages() {
        String message = "a reference to something that is not a storage of a known type";
        assertRefused(message, "(U\u0006modulectorch\nFloatStorage\nU\u00010U\u0003cpu" + number(6) + "tQ");
        assertRefused(message, "(U\u0007storageU\u0001xU\u00010U\u0003cpu" + number(6) + "tQ");
        assertRefused(
                "a storage that is a view of another: save it again with a newer PyTorch",
                storage("FloatStorage", "0", 6, numbers(1)));
        assertDoesNotThrow(() -> read(storage("FloatStorage", "0", 6, NONE)));
        assertRefused("a storage of -1 elements", storage("FloatStorage", "0", -1));
        assertDoesNotThrow(() -> read(storage("FloatStorage", "0", 0)));
        assertRefused("a storage whose size overflows", storage("FloatStorage", "0", Long.MAX_VALUE / 4 + 1));
        assertDoesNotThrow(() -> read(storage("FloatStorage", "0", Long.MAX_VALUE / 4)));
        String two = "the storage '0' with two types or sizes";
        assertRefused(two, "(" + SIX_FLOATS + storage("FloatStorage", "0", 5) + "t");
        assertRefused(two, "(" + SIX_FLOATS + storage("IntStorage", "0", 6) + "t");
        assertDoesNotThrow(() -> read("(" + SIX_FLOATS + SIX_FLOATS + storage("IntStorage", "1", 5) + "t"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "6 | 0 | 1",
                "1 | 5 | 1",
                "1 | 5 | 9",
                "0 | 99 | 1",
                "3 | 1 | 2",
                "2 | 4 | 1",
                "6 | 5 | 0",
                "2 | 0 | 5",
            })
    void viewsInsideOfTheirStorage(long size, long offset, long stride) {
        StoredView view = (StoredView) read(tensor(SIX_FLOATS, offset, numbers(size), numbers(stride)));
        assertEquals(offset, view.offset());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7 | 0 | 1 | a tensor that leads out of its storage",
                "7 | 0 | 0 | a tensor that leads out of its storage",
                "6 | 1 | 1 | a tensor that leads out of its storage",
                "1 | 6 | 1 | a tensor that leads out of its storage",
                "2 | 0 | 6 | a tensor that leads out of its storage",
                "1 | -1 | 1 | a tensor with the offset -1",
                "-1 | 0 | 1 | a tensor with the size or stride -1",
                "1 | 0 | -7 | a tensor with the size or stride -7",
                "2 | 9223372036854775807 | 1 | a tensor whose size overflows",
                "3 | 0 | 9223372036854775807 | a tensor whose size overflows",
            })
    void viewsThatLeadOut(long size, long offset, long stride, String message) {
        assertRefused(message, tensor(SIX_FLOATS, offset, numbers(size), numbers(stride)));
    }

    @Test
    void sizesAndStridesBelongTogether() {
        assertRefused("a tensor with 2 sizes and 1 strides", tensor(SIX_FLOATS, 0, numbers(2, 3), numbers(1)));
        assertRefused("a tensor with 0 sizes and 1 strides", tensor(SIX_FLOATS, 0, numbers(), numbers(1)));
        StoredView scalar = (StoredView) read(tensor(SIX_FLOATS, 5, numbers(), numbers()));
        assertEquals(0, scalar.shape().length);
        long[] most = new long[64];
        Arrays.fill(most, 1);
        assertEquals(64, ((StoredView) read(tensor(SIX_FLOATS, 0, numbers(most), numbers(most)))).shape().length);
        assertRefused(
                "a tensor of 65 axes; the most is 64",
                tensor(SIX_FLOATS, 0, numbers(new long[65]), numbers(new long[65])));
    }

    /** Other tests count the cost of calls and tuples. This one counts that of the tensors made of them. */
    @Test
    void theCostOfTensorsIsCounted() {
        String sparse = "ctorch._utils\n_rebuild_sparse_tensor\n";
        String view = tensor(SIX_FLOATS, 0, numbers(2, 3), numbers(3, 1));
        String call = "ctorch._utils\n_rebuild_tensor_v2\n";
        assertEquals(200 + 2 * 8 * (2 + 2), cost(view) - cost(view.replace(call, sparse)));
        assertEquals(PickleBudget.CONTAINER_BYTES, cost(DICTIONARY) - cost(sparse + ")R"));
        assertEquals(
                200 + PickleBudget.REFERENCE_BYTES,
                cost(SIX_FLOATS) - cost(SIX_FLOATS.substring(0, SIX_FLOATS.length() - 1)));
    }

    /** Returns the smallest budget of bytes with which a pickle is read. */
    private static long cost(String pickle) {
        long low = 0;
        long high = 1 << 20;
        while (low < high) {
            long middle = (low + high) / 2;
            PickleBudget budget = new PickleBudget();
            budget.bytes(PickleBudget.MAX_BYTES - middle);
            try {
                read(new TorchObjects(budget), pickle);
                high = middle;
            } catch (PickleException e) {
                low = middle + 1;
            }
        }
        return low;
    }
}
