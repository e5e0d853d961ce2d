package detangle.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Writes records as bytes for another machine, by Java's serialization. Neither the records nor the optional values and
 * paths in them are serializable; each of these is replaced by a serializable form. Records are made again by their
 * constructors, which check their arguments.
 */
final class RecordBytes {
    private RecordBytes() {}

    static byte[] write(Record value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new Writer(bytes)) {
            out.writeObject(value);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    value.getClass().getSimpleName() + " holds what cannot be sent: " + e.getMessage(), e);
        }
        return bytes.toByteArray();
    }

    static <T extends Record> T read(byte[] bytes, Class<T> type) {
        try (ObjectInputStream in = new Reader(new ByteArrayInputStream(bytes))) {
            return type.cast(in.readObject());
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalArgumentException(
                    "a " + type.getSimpleName() + " cannot be read: " + e.getMessage()
                            + "; all machines must have the same version of Detangle",
                    e);
        }
    }

    /** A record by the name of its class and its components. */
    private record RecordForm(String type, Object[] values) implements Serializable {
        static RecordForm of(Record value) throws ReflectiveOperationException {
            RecordComponent[] components = value.getClass().getRecordComponents();
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                components[i].getAccessor().setAccessible(true);
                values[i] = components[i].getAccessor().invoke(value);
            }
            return new RecordForm(value.getClass().getName(), values);
        }

        Object value() throws ReflectiveOperationException {
            Class<?> record = Class.forName(type, true, RecordForm.class.getClassLoader());
            Class<?>[] types = Arrays.stream(record.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<?> constructor = record.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        }
    }

    /** An optional value, or null, by its class. */
    private record OptionalForm(Class<?> type, Object value) implements Serializable {
        Object optional() {
            if (type == OptionalInt.class) {
                return value == null ? OptionalInt.empty() : OptionalInt.of((int) value);
            }
            if (type == OptionalLong.class) {
                return value == null ? OptionalLong.empty() : OptionalLong.of((long) value);
            }
            if (type == OptionalDouble.class) {
                return value == null ? OptionalDouble.empty() : OptionalDouble.of((double) value);
            }
            return Optional.ofNullable(value);
        }
    }

    private record PathForm(String path) implements Serializable {}

    private static final class Writer extends ObjectOutputStream {
        Writer(OutputStream out) throws IOException {
            super(out);
            enableReplaceObject(true);
        }

        @Override
        protected Object replaceObject(Object object) throws IOException {
            try {
                return switch (object) {
                    case RecordForm form -> form;
                    case OptionalForm form -> form;
                    case PathForm form -> form;
                    case Record value -> RecordForm.of(value);
                    case Path path -> new PathForm(path.toString());
                    case Optional<?> value -> new OptionalForm(Optional.class, value.orElse(null));
                    case OptionalInt value ->
                        new OptionalForm(OptionalInt.class, value.isPresent() ? value.getAsInt() : null);
                    case OptionalLong value ->
                        new OptionalForm(OptionalLong.class, value.isPresent() ? value.getAsLong() : null);
                    case OptionalDouble value ->
                        new OptionalForm(OptionalDouble.class, value.isPresent() ? value.getAsDouble() : null);
                    default -> object;
                };
            } catch (ReflectiveOperationException e) {
                throw invalid(object.getClass().getName(), e);
            }
        }
    }

    private static final class Reader extends ObjectInputStream {
        Reader(InputStream in) throws IOException {
            super(in);
            enableResolveObject(true);
        }

        @Override
        protected Object resolveObject(Object object) throws IOException {
            try {
                return switch (object) {
                    case RecordForm form -> form.value();
                    case OptionalForm form -> form.optional();
                    case PathForm form -> Path.of(form.path());
                    default -> object;
                };
            } catch (ReflectiveOperationException e) {
                throw invalid(((RecordForm) object).type(), e);
            }
        }
    }

    private static InvalidObjectException invalid(String type, ReflectiveOperationException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new InvalidObjectException(type + ": " + cause.getMessage(), cause);
    }
}
