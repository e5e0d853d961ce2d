package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import detangle.export.ModelExport;
import detangle.ir.DType;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.TokenClassificationOptions;
import detangle.pipelines.WindowOptions;
import detangle.pipelines.ZeroShotOptions;
import detangle.pipelines.task.TextTasks;
import detangle.runtime.ModelArtifact;
import detangle.runtime.SessionOptions;
import detangle.server.ServerOptions;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each component of options has a {@code with} that changes this component and no other. */
class OptionsTest {
    static Stream<Record> options() {
        return Stream.of(
                SessionOptions.DEFAULT,
                PipelineOptions.DEFAULT,
                BertScoreOptions.DEFAULT,
                EmbeddingOptions.DEFAULT,
                ExtractionOptions.DEFAULT,
                LabelOptions.DEFAULT,
                QuestionOptions.DEFAULT,
                TokenClassificationOptions.DEFAULT,
                WindowOptions.DEFAULT,
                ZeroShotOptions.DEFAULT,
                DynamicBatching.DEFAULT,
                ServerOptions.DEFAULT,
                ModelArtifact.Options.DEFAULT,
                ModelExport.Options.of(ModelExport.Format.onnx));
    }

    /** Another value than the default. */
    private static Object another(Class<?> type, Type generic, Object now) {
        if (type.isEnum()) {
            Object[] constants = type.getEnumConstants();
            return constants[constants.length - 1];
        }
        if (type == List.class) {
            Class<?> element = (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
            return switch (element.getSimpleName()) {
                case "String" -> List.of("x");
                case "Pooling" -> List.of(Pooling.MAX);
                case "LabelExample" -> List.of(new LabelExample("x", List.of("y")));
                default -> throw new AssertionError("there is no example of a list of " + element);
            };
        }
        if (type == boolean.class) {
            return !(Boolean) now;
        }
        return switch (type.getSimpleName()) {
            case "String" -> "x";
            case "int" -> 7;
            case "long" -> 7L;
            case "double" -> 0.25;
            case "Path" -> Path.of("x");
            case "DType" -> DType.F16;
            case "Duration" -> Duration.ofSeconds(7);
            case "Set" -> Set.of("x");
            case "Consumer" -> (Consumer<Object>) x -> {};
            case "BertScoreOptions" -> BertScoreOptions.DEFAULT.withIdf(true);
            case "EmbeddingOptions" -> EmbeddingOptions.DEFAULT.withNormalize(true);
            case "LabelChunks" -> LabelChunks.DEFAULT;
            case "TextTask" -> TextTasks.all().getLast();
            case "DynamicBatching" -> DynamicBatching.DEFAULT.withMaxWaiting(7);
            default -> throw new AssertionError("there is no example of " + type);
        };
    }

    /** What the wither of a component takes, where the component may be absent. */
    private static Class<?> plain(RecordComponent component) {
        if (component.getType() == OptionalInt.class) {
            return int.class;
        }
        if (component.getType() == OptionalDouble.class) {
            return double.class;
        }
        if (component.getType() != Optional.class) {
            return component.getType();
        }
        Type held = ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
        return (Class<?>) (held instanceof ParameterizedType generic ? generic.getRawType() : held);
    }

    private static Object read(RecordComponent component, Record options) throws ReflectiveOperationException {
        Object value = component.getAccessor().invoke(options);
        return switch (value) {
            case Optional<?> optional -> optional.orElse(null);
            case OptionalInt number -> number.isPresent() ? number.getAsInt() : null;
            case OptionalDouble number -> number.isPresent() ? number.getAsDouble() : null;
            default -> value;
        };
    }

    @ParameterizedTest
    @MethodSource("options")
    void aWitherChangesItsComponentAlone(Record options) throws ReflectiveOperationException {
        RecordComponent[] components = options.getClass().getRecordComponents();
        for (RecordComponent component : components) {
            String name = component.getName();
            if (name.equals("truncationStrategy")) {
                continue; // It is said together with truncation.
            }
            String wither = "with" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
            Class<?> type = plain(component);
            Object before = read(component, options);
            Object value = another(type, component.getGenericType(), before);
            Record changed = (Record) options.getClass().getMethod(wither, type).invoke(options, value);
            assertNotEquals(before, value, wither);
            for (RecordComponent other : components) {
                Object expected = other.equals(component) ? value : read(other, options);
                assertEquals(expected, read(other, changed), other.getName() + " after " + wither);
            }
        }
    }
}
