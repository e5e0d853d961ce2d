package detangle.server;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The models of a server, by their names and by what they do. */
record Models(List<ServedModel> all) {
    /** Keeps a copy of the list. */
    Models {
        all = List.copyOf(all);
    }

    /** Returns the model for requests that name none. */
    ServedModel first() {
        return AskedModel.is(all.getFirst());
    }

    /**
     * Returns the model with a name.
     *
     * @throws ApiException if no served model has the name
     */
    ServedModel named(String name) {
        return all.stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .map(AskedModel::is)
                .orElseThrow(() -> {
                    String names = all.stream().map(ServedModel::name).collect(Collectors.joining(", "));
                    return ApiException.notFound("there is no model " + name + "; there are " + names);
                });
    }

    /** Returns the message with names of models in the place of their paths. */
    String withoutPaths(String message) {
        String told = message;
        for (ServedModel model : all) {
            told = model.withoutPath(told);
        }
        return told;
    }

    /** Returns the first model that does one of these tasks, or else the first one, which says what it does instead. */
    ServedModel doing(String... tasks) {
        return all.stream()
                .filter(model -> Arrays.stream(tasks).anyMatch(model::does))
                .findFirst()
                .map(AskedModel::is)
                .orElseGet(this::first);
    }
}
