package sagemaker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/** The first record of CSV text where it names all columns: they are then taken by name. */
public final class CsvHeader {

  private final int size;
  private final int[] places;

  private CsvHeader(int size, int[] places) {
    this.size = size;
    this.places = places;
  }

  /** Does a record name all columns, wherever they stand? */
  public static boolean isIn(List<String> cells, List<Column> columns) {
    var names = new HashSet<>(cells); // a record can be long: each cell is read once
    return columns.stream().map(Column::name).allMatch(names::contains);
  }

  /**
   * Returns a header.
   *
   * @throws BadRequestException if a column is not there, or is named twice
   */
  public static CsvHeader of(List<String> cells, List<Column> columns) {
    var counts = new HashMap<String, Integer>();
    var places = new HashMap<String, Integer>();
    for (int place = 0; place < cells.size(); place++) {
      counts.merge(cells.get(place), 1, Integer::sum);
      places.put(cells.get(place), place);
    }
    List<String> names = columns.stream().map(Column::name).toList();
    List<String> missing = names.stream().filter(name -> !counts.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new BadRequestException("the header has no column " + String.join(", ", missing));
    }
    List<String> twice = names.stream().filter(name -> counts.get(name) > 1).toList();
    if (!twice.isEmpty()) {
      throw new BadRequestException(
          "the header names %s twice".formatted(String.join(", ", twice)));
    }
    return new CsvHeader(cells.size(), names.stream().mapToInt(places::get).toArray());
  }

  /** Are the columns all there is, in their order? */
  public boolean isInOrder() {
    for (int i = 0; i < places.length; i++) {
      if (places[i] != i) {
        return false;
      }
    }
    return size == places.length;
  }

  /**
   * Returns the cells of a record in the order of the columns.
   *
   * @throws BadRequestException if it has another number of cells than the header
   */
  public List<String> inOrder(List<String> cells) {
    if (cells.size() != size) {
      throw new BadRequestException(
          "%d values, expected %d as in the header".formatted(cells.size(), size));
    }
    var row = new ArrayList<String>(places.length);
    for (int place : places) {
      row.add(cells.get(place));
    }
    return row;
  }
}
