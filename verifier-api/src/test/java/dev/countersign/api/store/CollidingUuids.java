package dev.countersign.api.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Version 4 UUIDs that share one {@code String.hashCode}, found in a second or two as anybody can: six digits at the
 * beginning are tried against six at the end. The same ones each time.
 */
final class CollidingUuids {
    private static final String BEGINNING = "000000";
    private static final String MIDDLE = "00-0000-4000-8000-000000";
    private static final int DIGITS = 6;
    private static final int TRIES = 1 << 23;

    private CollidingUuids() {}

    static List<String> find() {
        int[] ends = new int[TRIES];
        for (int i = 0; i < TRIES; i++) {
            ends[i] = hash(i);
        }
        Arrays.sort(ends);
        int target = (BEGINNING + MIDDLE + "7f7f7f").hashCode();
        int afterBeginning = power(MIDDLE.length() + DIGITS);
        int middle = MIDDLE.hashCode() * power(DIGITS);
        Map<Integer, List<String>> wanted = new HashMap<>();
        for (int i = 0; i < TRIES; i++) {
            int end = target - middle - hash(i) * afterBeginning;
            if (Arrays.binarySearch(ends, end) >= 0) {
                wanted.computeIfAbsent(end, hash -> new ArrayList<>()).add(digits(i) + MIDDLE);
            }
        }
        List<String> found = new ArrayList<>();
        for (int i = 0; i < TRIES; i++) {
            List<String> beginnings = wanted.get(hash(i));
            if (beginnings != null) {
                for (String beginning : beginnings) {
                    found.add(beginning + digits(i));
                }
            }
        }
        return found;
    }

    private static int power(int exponent) {
        int power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 31;
        }
        return power;
    }

    private static String digits(int number) {
        return String.format("%06x", number);
    }

    /** The hash of the six digits, without making a string of them. */
    private static int hash(int number) {
        int hash = 0;
        for (int shift = 4 * (DIGITS - 1); shift >= 0; shift -= 4) {
            hash = 31 * hash + Character.forDigit(number >>> shift & 0xF, 16);
        }
        return hash;
    }
}
