package dev.countersign.house;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReference;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what a module shows to its users: its descriptor, and the public and protected members of its exported
 * packages, nullness included. Own spelling throughout, since that of the reflection classes differs between JDKs.
 */
final class ApiPrinter {
    private ApiPrinter() {}

    static List<String> print(ModuleReference module) throws ReflectiveOperationException {
        List<String> lines = new ArrayList<>();
        ModuleDescriptor descriptor = module.descriptor();
        lines.add("module " + descriptor.name());
        TreeSet<String> clauses = new TreeSet<>();
        for (ModuleDescriptor.Requires required : descriptor.requires()) {
            TreeSet<String> modifiers = new TreeSet<>();
            required.modifiers().forEach(modifier -> modifiers.add(lower(modifier.name())));
            modifiers.remove("mandated");
            clauses.add(
                    "  requires " + String.join(" ", modifiers) + (modifiers.isEmpty() ? "" : " ") + required.name());
        }
        TreeSet<String> exported = new TreeSet<>();
        for (ModuleDescriptor.Exports export : descriptor.exports()) {
            clauses.add("  exports " + export.source() + to(export.isQualified(), export.targets()));
            if (!export.isQualified()) {
                exported.add(export.source());
            }
        }
        descriptor
                .opens()
                .forEach(open -> clauses.add("  opens " + open.source() + to(open.isQualified(), open.targets())));
        descriptor.uses().forEach(used -> clauses.add("  uses " + used));
        descriptor.provides().forEach(given -> clauses.add("  provides " + given.service()));
        lines.addAll(clauses);
        for (String packageName : exported) {
            for (String name : PublishedModules.classesIn(module, packageName)) {
                Class<?> type = Class.forName(name);
                if (isShown(type)) {
                    lines.add("");
                    lines.addAll(print(type));
                }
            }
        }
        return lines;
    }

    private static String to(boolean qualified, Set<String> targets) {
        return qualified ? " to " + String.join(", ", new TreeSet<>(targets)) : "";
    }

    private static boolean isShown(Class<?> type) {
        boolean shown = !type.isSynthetic() && !type.isAnonymousClass() && !type.isLocalClass();
        for (Class<?> each = type; shown && each != null; each = each.getEnclosingClass()) {
            shown = isShown(each.getModifiers());
        }
        return shown;
    }

    private static boolean isShown(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    static List<String> print(Class<?> type) throws IllegalAccessException {
        List<String> lines = new ArrayList<>();
        lines.add(header(type));
        TreeSet<String> members = new TreeSet<>();
        // Members that a hidden superclass gives count as the class's own.
        for (Class<?> each = type;
                each != null && (each == type || !isShown(each.getModifiers()));
                each = each.getSuperclass()) {
            addMembers(each, each == type, members);
        }
        lines.addAll(members);
        return lines;
    }

    private static void addMembers(Class<?> type, boolean itself, Set<String> members) throws IllegalAccessException {
        for (Field field : type.getDeclaredFields()) {
            if (isShown(field.getModifiers()) && !field.isSynthetic()) {
                members.add("  " + modifiers(field.getModifiers(), Modifier.fieldModifiers())
                        + print(field.getAnnotatedType()) + " " + field.getName() + constant(field));
            }
        }
        if (itself) {
            for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                if (isShown(constructor.getModifiers()) && !constructor.isSynthetic()) {
                    members.add("  " + modifiers(constructor.getModifiers(), Modifier.constructorModifiers())
                            + typeParameters(constructor.getTypeParameters()) + "<init>" + parameters(constructor));
                }
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (isShown(method.getModifiers()) && !method.isSynthetic()) {
                int shown = Modifier.PUBLIC | Modifier.PROTECTED | Modifier.ABSTRACT | Modifier.STATIC | Modifier.FINAL;
                members.add("  " + modifiers(method.getModifiers(), shown) + (method.isDefault() ? "default " : "")
                        + typeParameters(method.getTypeParameters()) + print(method.getAnnotatedReturnType()) + " "
                        + method.getName() + parameters(method) + value(method));
            }
        }
    }

    private static String header(Class<?> type) {
        String kind = type.isAnnotation()
                ? "@interface "
                : type.isInterface() ? "interface " : type.isEnum() ? "enum " : type.isRecord() ? "record " : "class ";
        int shown = Modifier.PUBLIC | Modifier.PROTECTED | Modifier.STATIC;
        if (!type.isInterface() && !type.isEnum()) {
            shown |= Modifier.ABSTRACT | Modifier.FINAL;
        }
        StringBuilder header = new StringBuilder(modifiers(type.getModifiers(), shown));
        header.append(type.isSealed() ? "sealed " : "").append(kind).append(type.getName());
        header.append(typeParameters(type.getTypeParameters()).stripTrailing());
        if (type.getSuperclass() != null
                && type.getSuperclass() != Object.class
                && !type.isEnum()
                && !type.isRecord()) {
            header.append(" extends ").append(print(type.getAnnotatedSuperclass()));
        }
        header.append(sorted(" implements ", type.getAnnotatedInterfaces(), ApiPrinter::print));
        if (type.isSealed()) {
            header.append(sorted(" permits ", type.getPermittedSubclasses(), Class::getName));
        }
        return header.toString();
    }

    private static <T> String sorted(String prefix, T[] parts, Function<T, String> printer) {
        List<String> printed = new ArrayList<>();
        for (T part : parts) {
            printed.add(printer.apply(part));
        }
        Collections.sort(printed);
        return printed.isEmpty() ? "" : prefix + String.join(", ", printed);
    }

    private static String constant(Field field) throws IllegalAccessException {
        boolean fixed = Modifier.isStatic(field.getModifiers()) && Modifier.isFinal(field.getModifiers());
        if (fixed && (field.getType().isPrimitive() || field.getType() == String.class)) {
            field.setAccessible(true); // protected ones too
            return " = " + field.get(null); // compiled into users' classes
        }
        return "";
    }

    private static String value(Method method) {
        return method.getDefaultValue() == null ? "" : " default " + method.getDefaultValue();
    }

    private static String parameters(Executable executable) {
        StringJoiner joiner = new StringJoiner(", ", "(", ")");
        for (AnnotatedType parameter : executable.getAnnotatedParameterTypes()) {
            joiner.add(print(parameter));
        }
        return joiner + sorted(" throws ", executable.getAnnotatedExceptionTypes(), ApiPrinter::print);
    }

    private static String typeParameters(TypeVariable<?>[] parameters) {
        if (parameters.length == 0) {
            return "";
        }
        StringJoiner joiner = new StringJoiner(", ", "<", "> ");
        for (TypeVariable<?> parameter : parameters) {
            String bounds = String.join(
                    " & ",
                    Arrays.stream(parameter.getAnnotatedBounds())
                            .map(ApiPrinter::print)
                            .filter(bound -> !bound.equals("java.lang.Object"))
                            .toList());
            joiner.add(parameter.getName() + (bounds.isEmpty() ? "" : " extends " + bounds));
        }
        return joiner.toString();
    }

    private static String print(AnnotatedType type) {
        String nullness = type.isAnnotationPresent(Nullable.class) ? "@Nullable " : "";
        if (type instanceof AnnotatedArrayType array) {
            return print(array.getAnnotatedGenericComponentType()) + (nullness.isEmpty() ? "[]" : " @Nullable []");
        }
        if (type instanceof AnnotatedParameterizedType parameterized) {
            StringJoiner arguments = new StringJoiner(", ", "<", ">");
            for (AnnotatedType argument : parameterized.getAnnotatedActualTypeArguments()) {
                arguments.add(print(argument));
            }
            return nullness + name(((ParameterizedType) parameterized.getType()).getRawType()) + arguments;
        }
        if (type instanceof AnnotatedWildcardType wildcard) {
            if (wildcard.getAnnotatedLowerBounds().length > 0) {
                return nullness + "? super " + print(wildcard.getAnnotatedLowerBounds()[0]);
            }
            String upper = print(wildcard.getAnnotatedUpperBounds()[0]);
            return nullness + (upper.equals("java.lang.Object") ? "?" : "? extends " + upper);
        }
        return nullness + name(type.getType());
    }

    private static String name(Type type) {
        return type instanceof Class<?> known ? known.getName() : type.getTypeName();
    }

    private static String modifiers(int modifiers, int shown) {
        String text = Modifier.toString(modifiers & shown);
        return text.isEmpty() ? "" : text + " ";
    }

    private static String lower(String text) {
        return text.toLowerCase(java.util.Locale.ROOT);
    }
}
