import { notifications } from "@mantine/notifications";
import { errors } from "../text/common";

export function notifyFailure(message: string): void {
  notifications.show({ color: "red", title: errors.somethingWrong, message, autoClose: 10_000 });
}
